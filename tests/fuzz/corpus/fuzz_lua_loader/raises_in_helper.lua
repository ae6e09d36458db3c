runbook "T" { }
local function check(name)
  error("no such host: " .. name)
end
local function all()
  check("db")
  return 1
end
all()
