"""Each outside thing behind the promise we rely on."""
