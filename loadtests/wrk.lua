-- Sends each prepared request of a file once: lines of "key<TAB>body". Prints one line of JSON.
local requests, position = {}, 0
local path = os.getenv("FLOOR_PATH")
local kind = os.getenv("FLOOR_TYPE")
local meant = tonumber(os.getenv("FLOOR_STATUS"))

function init(args)
  for line in io.lines(os.getenv("FLOOR_REQUESTS")) do
    local key, body = line:match("^([^\t]*)\t(.*)$")
    requests[#requests + 1] = wrk.format("POST", path, {
      ["Authorization"] = "Bearer " .. key, ["Content-Type"] = kind,
    }, body)
  end
end

function request()
  position = position + 1
  return requests[(position - 1) % #requests + 1]
end

function response(status)
  if status ~= meant then refused = (refused or 0) + 1 end
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local bad = 0
  for _, thread in ipairs(threads) do bad = bad + (tonumber(thread:get("refused")) or 0) end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_ms": %f, "p95_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6, bad, broken,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
