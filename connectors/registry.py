"""The rails of every sandbox, one line each."""

from connectors.contract import Rail
from connectors.raast.rail import Raast

RAILS: dict[str, Rail] = {
    "raast": Raast(),
}
