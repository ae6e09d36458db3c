step "Build" { run = [[ make ]] }
