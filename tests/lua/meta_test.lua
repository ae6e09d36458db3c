-- The editors' stubs in stdlib/meta say what the engine says. Those of keys and verbs are written from the live tables:
--   RUNBOOK_UPDATE_META=1 ctest -R lua/meta    writes them anew
-- Those of ctx and of the single words are written by hand; here their names are held to the live ones.
runbook "Stubs for editors" {}

local fs = require "runbook.fs"

local meta = live.source_dir .. "/stdlib/meta/"

local function read(name)
  return assert(fs.read(meta .. name))
end

-- Compares a stub with its text, or writes it.
local function check_file(ctx, name, text)
  if env("RUNBOOK_UPDATE_META") then
    assert(ctx:exec({ shell = 'cat > "$OUT"', input = text, env = { OUT = meta .. name } }).code == 0)
  elseif fs.read(meta .. name) ~= text then
    error("stdlib/meta/" .. name .. " is not what the engine has; RUNBOOK_UPDATE_META=1 writes it anew", 0)
  end
end

local function sorted_keys(t)
  local names = {}
  for name in pairs(t) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- Both lists hold the same names.
local function check_names(what, stubbed, there)
  local set = {}
  for _, name in ipairs(there) do
    set[name] = true
  end
  for _, name in ipairs(stubbed) do
    assert(set[name], what .. ": the stub has `" .. name .. "`, the engine has not")
    set[name] = nil
  end
  local left = next(set)
  assert(left == nil, what .. ": the stub lacks `" .. tostring(left) .. "`")
end

-- ---- keys ----------------------------------------------------------------------------------------------------------

local luacats = {
  string = "string", boolean = "boolean", integer = "integer", number = "number", name = "string",
  expression = "string", duration = "string|number|runbook.quantity", size = "string|number|runbook.quantity",
  list = "any[]", map = "table<string, any>", any = "any", body = "runbook.body",
}

local function key_type(key)
  local types = {}
  for word in key.type:gmatch("[^|]+") do
    types[#types + 1] = word == "table" and "runbook." .. key.name or luacats[word]
  end
  return table.concat(types, "|")
end

local function key_class(name)
  local lines = { "---@class runbook." .. name }
  for _, key in ipairs(live[name]) do
    lines[#lines + 1] = ("---@field %s? %s %s"):format(key.name, key_type(key), key.help)
  end
  if name == "parallel" then
    lines[#lines + 1] = "---@field [integer] runbook.statement the steps"
  end
  return table.concat(lines, "\n")
end

local function keys_text()
  local head = "---@meta\n-- The keys of a runbook file. Written by tests/lua/meta_test.lua from the engine's tables."
  local parts = { head }
  for _, name in ipairs { "runbook", "escalate", "param", "step", "ask", "retry", "limits", "parallel" } do
    local class = name == "ask" and key_class(name):gsub("^---@class runbook.ask", "---@class runbook.question")
      or key_class(name)
    parts[#parts + 1] = class
  end
  parts[#parts + 1] = "---@alias runbook.ask table<string, runbook.question>"
  parts[#parts + 1] = "---@alias runbook.body "
    .. "string|(string|number)[]|runbook.action|fun(ctx: runbook.ctx): any, string?"
  return table.concat(parts, "\n\n") .. "\n"
end

step "Keys" { run = function(ctx) check_file(ctx, "keys.lua", keys_text()) end }

-- ---- verbs ---------------------------------------------------------------------------------------------------------

local option_types = {
  string = "string", integer = "integer|string", number = "number|string", boolean = "boolean|string",
  duration = "string|number|runbook.quantity", size = "string|number|runbook.quantity",
  percent = "string|runbook.quantity", choice = "string", path = "string", list = "string[]|string", any = "any",
}

local function is_verb(value)
  return type(value) == "userdata" and tostring(value):find("^verb ") ~= nil
end

local function option_class(class, verb)
  local lines = { "---@class " .. class .. ".options" }
  for _, name in ipairs(sorted_keys(verb.options or {})) do
    local option = verb.options[name]
    local optional = option.required and "" or "?"
    local type = assert(option_types[option.type or "string"], verb.name .. ": " .. tostring(option.type))
    lines[#lines + 1] = ("---@field %s%s %s %s"):format(name, optional, type, option.help or "")
  end
  return table.concat(lines, "\n")
end

local function sets_text(verb)
  local names = sorted_keys(verb.sets or {})
  return #names > 0 and "\n---\n---Sets " .. table.concat(names, ", ") .. "." or ""
end

local function verb_text(verb)
  local class = "runbook." .. verb.name
  return ("%s\n\n---%s%s\n---@param options %s.options\n---@return runbook.action\nfunction %s(options) end"):format(
    option_class(class, verb), verb.help, sets_text(verb), class, verb.name)
end

local function value_text(module, name, value)
  local kind = type(value)
  if kind == "table" then
    return ("---@type any[]\n%s.%s = {}"):format(module, name)
  elseif kind == "function" then
    return ("---@type fun(...): any\nfunction %s.%s(...) end"):format(module, name)
  end
  return ("---@type %s\n%s.%s = nil"):format(kind, module, name)
end

local function module_text(name)
  local module = _ENV[name]
  local parts = { ("---@class runbook.module.%s\n%s = {}"):format(name, name) }
  for _, field in ipairs(sorted_keys(module)) do
    local value = module[field]
    parts[#parts + 1] = is_verb(value) and verb_text(value) or value_text(name, field, value)
  end
  return table.concat(parts, "\n\n")
end

step "Verbs" {
  run = function(ctx)
    local parts = { "---@meta\n-- The verbs of stdlib. Written by tests/lua/meta_test.lua from the live modules." }
    for _, name in ipairs(live.modules) do
      parts[#parts + 1] = module_text(name)
    end
    check_file(ctx, "verbs.lua", table.concat(parts, "\n\n") .. "\n")
  end,
}

-- ---- what is written by hand ---------------------------------------------------------------------------------------

step "ctx" {
  run = function()
    local stubbed = {}
    local text = read("ctx.lua")
    for name in text:gmatch("\nfunction ctx:(%w+)%(") do
      stubbed[#stubbed + 1] = name
    end
    for name in text:match("@class runbook.ctx\n(.-)\nlocal ctx"):gmatch("%-%-%-@field (%w+)") do
      stubbed[#stubbed + 1] = name
    end
    check_names("ctx", stubbed, live.ctx)
  end,
}

step "Words" {
  run = function()
    local lua = "assert error getmetatable ipairs math next os pairs pcall print rawequal rawget rawlen rawset require "
      .. "select setmetatable string table tonumber tostring type utf8 xpcall"
    local known = { live = true, verb = true }
    for name in lua:gmatch("%w+") do
      known[name] = true
    end
    for _, name in ipairs(live.modules) do
      known[name] = true
    end
    local there = { "config" }
    for name in pairs(_ENV) do
      if not known[name] and name ~= "config" then
        there[#there + 1] = name
        known[name] = true
      end
    end
    for _, name in ipairs(live.globals) do
      if not known[name] then
        there[#there + 1] = name
      end
    end
    local stubbed, text = {}, read("words.lua")
    for name in text:gmatch("\nfunction ([%w_]+)%(") do
      stubbed[#stubbed + 1] = name
    end
    for name in text:gmatch("\n([%w_]+) = ") do
      stubbed[#stubbed + 1] = name
    end
    check_names("words", stubbed, there)
  end,
}

step "config" {
  run = function()
    local stubbed, text = {}, read("words.lua")
    for name in text:gmatch("\nfunction config%.([%w_]+)%(") do
      stubbed[#stubbed + 1] = name
    end
    for name in text:match("@class runbook.module.config\n(.-)\nconfig = "):gmatch("%-%-%-@field (%w+)") do
      stubbed[#stubbed + 1] = name
    end
    check_names("config", stubbed, sorted_keys(config))
  end,
}
