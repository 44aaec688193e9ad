import fc from 'fast-check';

// A mutant is dead with the first failure: nobody reads the smallest one.
fc.configureGlobal({ endOnFailure: true });
