runbook "T" { }
step "Build" { call = "a/b", with = { level = print } }
