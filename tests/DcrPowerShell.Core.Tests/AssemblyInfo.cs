using Xunit;

// Some tests wait for a time limit or a grace to pass: the others go on meanwhile.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
