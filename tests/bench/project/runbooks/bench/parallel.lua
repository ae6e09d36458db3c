runbook "Steps at once" {}

local steps = { max = 4 }
for i = 1, 400 do
  steps[i] = step("True " .. i) { run = { "/bin/true" } }
end
parallel "All" (steps)
