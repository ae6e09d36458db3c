"""The runs that the crash matrix kills. Every step writes its word, its id or ID_ITEM, to the ledger; a scenario says how
often each word may stand there in the end, what a person would answer, and how the run ends."""

from dataclasses import dataclass, field


@dataclass
class Scenario:
    name: str
    runbooks: dict
    once: list  # words of steps that are not idempotent: exactly once in the end
    often: list = field(default_factory=list)  # idempotent ones and undos: at least once
    never: list = field(default_factory=list)
    verified: list = field(default_factory=list)  # steps that tell by themselves whether they happened
    answers: dict = field(default_factory=dict)
    approved: list = field(default_factory=list)  # keys of the steps that somebody must have approved
    final: tuple = ("succeeded",)
    dies: bool = False  # the runbook kills its engine, once

    def runbook(self):
        return next(iter(self.runbooks))


SIX = Scenario(
    "six",
    {
        "crash/six": """
runbook "Six steps" {}
step "One" { run = "echo one >> ledger" }
step "Two" { run = { "sh", "-c", "echo two >> ledger; echo value=7" }, capture = { value = "value=(%d+)" }, check = "value == 7" }
step "Three" { run = function(ctx) assert(ctx:exec "echo three >> ledger") end }
parallel "Four" {
  step "Four a" { run = "echo four_a >> ledger" },
  step "Four b" { run = "echo four_b >> ledger" },
}
step "Five" { run = "echo five >> ledger", idempotent = true }
step "Six" { run = "echo six $value >> ledger" }
"""
    },
    once=["one", "two", "three", "four_a", "four_b", "six"],
    often=["five"],
    answers={"value": "7"},
)

GATES = Scenario(
    "gates",
    {
        "crash/gates": """
runbook "Gates" {}
step "One" { confirm = "Sure?", run = "echo one >> ledger" }
step "Two" { ask = { cause = { help = "Why?" } }, run = 'echo two "$cause" >> ledger' }
step "Three" { manual = "Pull the plug.", run = { "sh", "-c", "echo three >> ledger" } }
"""
    },
    once=["one", "two", "three"],
    answers={"cause": "rust"},
    approved=["one", "two", "three"],
)

CALLS = Scenario(
    "calls",
    {
        "crash/calls": """
runbook "Calls" {}
step "One" { run = "echo one >> ledger" }
step "Two" { call = "crash/called", with = { word = "x" } }
step "Three" { when = "two.seen == 7", run = "echo three >> ledger" }
""",
        "crash/called": """
runbook "Called" {}
param "word" { required = true }
step "Inner one" { run = 'echo inner_one "$word" >> ledger; echo seen=7', capture = { seen = "seen=(%d+)" }, check = "seen == 7" }
step "Inner two" { manual = "Pull the plug.", run = "echo inner_two >> ledger" }
step "Inner three" { run = "echo inner_three >> ledger" }
""",
    },
    once=["one", "inner_one", "inner_two", "inner_three", "three"],
    answers={"seen": "7"},
)

EACH = Scenario(
    "each",
    {
        "crash/each": """
runbook "Each" {}
step "One" { each = { "a", "b", "c" }, max = 2, run = 'echo "one_$item" >> ledger' }
step "Names" { idempotent = true, run = function(ctx) ctx:exec "echo names >> ledger"; ctx:set("names", { "x", "y" }) end }
step "Two" { each = "names", run = 'echo "two_$item" >> ledger' }
"""
    },
    once=["one_a", "one_b", "one_c", "two_x", "two_y"],
    often=["names"],
)

UNDO = Scenario(
    "undo",
    {
        "crash/undo": """
runbook "Undo" {}
step "One" { run = "echo one >> ledger", undo = "echo undo_one >> ledger" }
step "Two" { run = "echo two >> ledger", undo = { "sh", "-c", "echo undo_two >> ledger" } }
step "Three" { run = "exit 1", idempotent = true, on_fail = "undo" }
step "Never" { run = "echo never >> ledger" }
step "Last" { run = "echo last >> ledger", always = true }
"""
    },
    once=["one", "two", "last"],
    often=["undo_one", "undo_two"],
    never=["never"],
    final=("failed",),
)

RETRY = Scenario(
    "retry",
    {
        "crash/retry": """
runbook "Retry" {}
step "One" {
  retry = { times = 3, delay = "20ms", jitter = 0 },
  run = "test -e tried || { touch tried; exit 1; }; echo one >> ledger",
}
step "Two" { run = "echo two >> ledger; exit 3", on_fail = "continue" }
step "Three" { run = "echo three >> ledger", verify = "grep -q three ledger" }
step "Last" { run = "echo last >> ledger", always = true }
"""
    },
    once=["one", "two", "three", "last"],
    verified=["three"],
    final=("failed", "succeeded"),  # a step that fails, once taken as done on a person's word, has not failed
)

# The engine is dead from the start: what is killed is its resume.
RESUME = Scenario(
    "resume",
    {
        "crash/resume": """
runbook "Resume" {}
step "One" { run = "echo one >> ledger" }
parallel "Two" {
  step "Two a" { run = "echo two_a >> ledger; test -e died || { touch died; kill -9 $PPID; sleep 60; }" },
  step "Two b" { run = "echo two_b >> ledger; test -e died && exit 0; sleep 60" },
}
step "Three" { run = "echo three >> ledger", verify = "grep -q three ledger" }
step "Four" { run = "echo four >> ledger" }
"""
    },
    once=["one", "two_a", "two_b", "three", "four"],
    verified=["three"],
    dies=True,
)

ALL = {s.name: s for s in (SIX, GATES, CALLS, EACH, UNDO, RETRY, RESUME)}
