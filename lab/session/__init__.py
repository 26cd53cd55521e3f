"""Sessions: one learner's run of one scenario, from the brief to the verdict, with a journal that survives crashes."""
