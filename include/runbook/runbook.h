/* librunbook, all of its public headers at once. */
#ifndef RUNBOOK_RUNBOOK_H
#define RUNBOOK_RUNBOOK_H

#include <runbook/error.h>
#include <runbook/exec.h>
#include <runbook/metrics.h>
#include <runbook/results.h>
#include <runbook/schedule.h>
#include <runbook/store.h>
#include <runbook/timing.h>
#include <runbook/units.h>
#include <runbook/value.h>

#endif
