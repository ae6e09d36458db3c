runbook "T" { }
step "" { run = [[ make ]] }
