runbook "T" { }
os.execute("make")
