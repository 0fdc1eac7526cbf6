//go:build race

package did_test

// loadAccounts is the number of accounts in tests under load.
const loadAccounts = 5_000
