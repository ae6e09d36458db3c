-- Numbers with units add, compare, scale and print; units that do not fit are refused.
runbook "Quantities" {}

local function raises(fn, text)
  local ok, e = pcall(fn)
  assert(not ok, "it did not raise")
  e = tostring(e)
  assert(e:find(text, 1, true), e)
end

step "They print as a person writes them" {
  run = function()
    assert(tostring(seconds(90)) == "1m 30s", tostring(seconds(90)))
    assert(tostring(bytes(2e9)) == "2GB")
    assert(tostring(ratio(0.015)) == "1.5%")
    assert("took " .. seconds(3) .. "." == "took 3s.")
  end,
}

-- Lua 5.4.4 forgets the first texts when its stack moves during the last __concat; the host keeps it from moving.
local function deep(n, text)
  local a, b, c, d = 1, 2, 3, 4
  if n > 0 then
    local s = deep(n - 1, text)
    return s, a, b, c, d
  end
  return "took " .. text .. " in " .. seconds(0.002)
end

step "They join texts at any depth of calls" {
  run = function(ctx)
    local r = ctx:exec { "echo", "rate 3" }
    for depth = 0, 60 do
      assert(deep(depth, r.out:match("%d")) == "took 3 in 2ms", depth)
    end
  end,
}

step "They add and subtract" {
  run = function()
    assert(seconds(3) + seconds(4) == seconds(7))
    assert(seconds(3) - 0 == seconds(3))
    assert(-ratio(0.5) == ratio(-0.5))
  end,
}

step "They scale" {
  run = function()
    assert(seconds(3) * 2 == seconds(6))
    assert(2 * bytes(3) == bytes(6))
    assert(bytes(100) * ratio(0.5) == bytes(50))
    assert(seconds(3) / 2 == seconds(1.5))
    assert(seconds(3) / seconds(2) == 1.5)
  end,
}

step "They compare" {
  run = function()
    assert(seconds(3) < seconds(4) and seconds(4) >= seconds(4))
    assert(seconds(3) > 0 and 0 < seconds(3))
    assert(seconds(3) ~= bytes(3))
  end,
}

step "They have a value and a unit" {
  run = function()
    assert(ratio(0.25).value == 0.25 and ratio(0.25).unit == "ratio")
    raises(function() return seconds(1).minutes end, "no `minutes`")
  end,
}

step "Units that do not fit are refused" {
  run = function()
    raises(function() return seconds(3) + bytes(4) end, "units do not fit: 3s is seconds, 4B is bytes")
    raises(function() return seconds(3) < 4 end, "units do not fit")
    raises(function() return seconds(3) * bytes(4) end, "seconds times bytes has no meaning")
    raises(function() return 4 / seconds(3) end, "number divided by seconds has no meaning")
    raises(function() return seconds("3") end, 'a number was expected, not "3"')
    raises(function() return seconds(bytes(3)) end, "bytes cannot become seconds")
  end,
}

step "No data is a value" {
  run = function()
    assert(tostring(no_data) == "no data")
    assert(no_data == no_data and no_data ~= nil and no_data ~= 0)
  end,
}
