-- What each runner makes of a level's command: where the report goes, how cases are selected, what is dropped.
runbook "Runners" {}

local argv = require "runners.argv"

local function job(name, command, more)
    local j = { level = { name = "unit", runner = name }, command = command, scratch = "/scratch", tag = "1" }
    for key, value in pairs(more or {}) do
        j[key] = value
    end
    return j
end

local function lines(name, command, more)
    local texts = {}
    for i, invocation in ipairs(require("runners." .. name).invocations(job(name, command, more))) do
        texts[i] = table.concat(invocation.argv, " ")
    end
    return texts
end

local function expect(got, want)
    assert(got == want, ("\n got  %s\n want %s"):format(got, want))
end

step "pytest writes xunit1 and takes node ids in place of paths" {
    run = function()
        expect(lines("pytest", { "python3", "-m", "pytest", "-m", "smoke", "tmp" })[1],
            "python3 -m pytest -m smoke tmp --junitxml=/scratch/pytest-1-1.xml -o junit_family=xunit1")
        local id = "tests/test_a.py::T::t[1]"
        local case = { id = id, suite = "tests.test_a.T", name = "t[1]", file = "tests/test_a.py" }
        local command = { "pytest", "-c", "/etc/passwd", "/tmp", "-k", "x" }
        expect(lines("pytest", command, { cases = { case }, fail_fast = true })[1],
            "pytest -c /etc/passwd -k x tests/test_a.py::T::t[1] --junitxml=/scratch/pytest-1-1.xml "
            .. "-o junit_family=xunit1 -x")
        expect(lines("pytest", { "pytest" }, { parallel = 4 })[1]:match "%-n %d+", "-n 4")
    end,
}

step "a name from a report is never an option of pytest" {
    run = function()
        local cases = {
            { id = "-pevil.py::a", suite = "-pevil", name = "a", file = "-pevil.py" },
            { id = "@more.py::b", suite = "@more", name = "b", file = "@more.py" },
        }
        expect(lines("pytest", { "pytest" }, { cases = cases })[1]:match "^pytest (.*) %-%-junit",
            "./-pevil.py::a ./@more.py::b")
    end,
}

step "ctest selects by exact names" {
    run = function()
        local cases = { { name = "a.b" }, { name = "c+(d)" } }
        local command = { "ctest", "--test-dir", "build", "-R", "old", "-L", "x" }
        expect(lines("ctest", command, { cases = cases, parallel = 2 })[1],
            "ctest --test-dir build -L x -R ^(a\\.b|c\\+\\(d\\))$ --output-on-failure --no-tests=error "
            .. "--output-junit /scratch/ctest-1-1.xml --parallel 2")
    end,
}

step "node runs each file with a report of its own" {
    run = function()
        local command = { "node", "--import", "x", "--test", "--test-reporter=tap", "a.test.js", "b.test.js" }
        local found = lines("node", command)
        assert(#found == 2)
        expect(found[2], "node --import x --test --test-reporter=spec --test-reporter-destination=stdout "
            .. "--test-reporter=junit --test-reporter-destination=/scratch/node-1-2.xml b.test.js")
    end,
}

step "node without --test says what to do" {
    on_fail = "continue",
    note = "fails: the runner node needs `--test` in the level's command; for another tool use the runner junit",
    run = function()
        lines("node", { "npm", "test" })
    end,
}

step "bats filters by description" {
    run = function()
        local cases = { { name = "adds (two) numbers", suite = "t.bats", file = "" } }
        expect(lines("bats", { "bats", "-r", "tests" }, { cases = cases })[1],
            "bats -r tests --filter ^(adds \\(two\\) numbers)$ --report-formatter junit --output /scratch/bats-1-1")
    end,
}

step "junit needs to be told where the report is" {
    on_fail = "continue",
    note = "fails: level `unit` has the runner junit but no `report`: say where its command leaves JUnit XML",
    run = function()
        lines("junit", { "make", "check" })
    end,
}

step "Many cases go into several commands" {
    run = function()
        local cases = {}
        for i = 1, 1201 do
            cases[i] = { id = "t.py::t" .. i, suite = "t", name = "t" .. i, file = "t.py" }
        end
        assert(#lines("pytest", { "pytest" }, { cases = cases }) == 3)
        assert(#argv.batches(cases, 50) == 25)
    end,
}

step "An option is dropped however it is written" {
    run = function()
        expect(table.concat(argv.without({ "a", "--x", "1", "--x=2", "--xy", "b" }, "--x", true), " "), "a --xy b")
        expect(table.concat(argv.without({ "-x", "a" }, "-x", false), " "), "a")
    end,
}
