runbook "T" { }
stepp "Build" { run = [[ make ]] }
