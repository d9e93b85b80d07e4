"""Reports: what a run or a comparison says, as pages and tables to hand on."""
