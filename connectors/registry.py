"""The rails of every sandbox, one line each."""

from connectors.contract import Rail
from connectors.onelink.rail import Ibft
from connectors.raast.rail import Raast

RAILS: dict[str, Rail] = {
    "raast": Raast(),
    "onelink": Ibft(),
}
