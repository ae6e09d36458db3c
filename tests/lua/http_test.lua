-- http and ctx:http where no server is needed: what is declared, what is refused, and what a request that fails tells.
runbook "Requests" {}

local NOWHERE = "http://127.0.0.1:1/hook/secret-path"

local function raises(words, fn, ...)
  local ok, e = pcall(fn, ...)
  assert(not ok and tostring(e):find(words, 1, true), tostring(e))
end

step "Slips are told while the file loads" {
  run = function()
    raises("needs the option `url`", http.get, {})
    raises("did you mean `url`?", http.get, { ulr = "https://example.org" })
    raises("unknown option `body`", http.get, { url = "https://example.org", body = "x" })
    raises("retry", http.get, { url = "https://example.org", retry = "often" })
  end,
}

step "Nobody listens" {
  run = function(ctx)
    for _ = 1, 3 do
      local answer, message, kind = ctx:http { url = NOWHERE, timeout = "5s" }
      assert(answer == nil and kind == "refused", kind)
      assert(message:find("Connection refused", 1, true) and not message:find("secret", 1, true), message)
    end
  end,
}

step "What is denied is never tried" {
  run = function(ctx)
    local denied = { "http://169.254.169.254/", "http://[fe80::1]/", "http://example.org/", "ftp://127.0.0.1/" }
    for _, url in ipairs(denied) do
      local answer, message, kind = ctx:http { url = url, headers = { Accept = "*/*" } }
      assert(answer == nil and kind == "never" and message ~= "", url)
    end
  end,
}

step "Headers that would be two" {
  run = function(ctx)
    local answer, message, kind = ctx:http { url = NOWHERE, headers = { ["X-One"] = "a\r\nX-Two: b" } }
    assert(answer == nil and kind == "never" and message:find("X-One", 1, true), message)
  end,
}

step "A secret that the step has not named" {
  run = function(ctx)
    local answer, message, kind = ctx:http { url = NOWHERE, bearer = "token" }
    assert(answer == nil and kind == "never" and message:find('no secret "token"', 1, true), message)
  end,
}

step "An action that fails says why" {
  run = function(ctx)
    local answer, message = ctx:perform(http.request { url = NOWHERE, json = { list = { 1, 2 } } })
    assert(answer == nil and message:find("Connection refused", 1, true), message)
    answer, message = ctx:perform(http.request { url = NOWHERE, json = {}, body = "x" })
    assert(answer == nil and message == "a request has a body or json, not both", message)
  end,
}
