package redis

import "testing"

// TestLastWords: process, time and level are not the reason.
func TestLastWords(t *testing.T) {
	t.Parallel()
	for printed, want := range map[string]string{
		"9:M 01 Dec 2026 15:00:00.000 * Ready\n9:M 01 Dec 2026 15:00:00.001 # Bad file format\n": "Bad file format",
		"9:C 01 Dec 2026 15:00:00.000 * a # b":                                                   "a # b",
		"*** FATAL CONFIG FILE ERROR ***\nwrong number # of arguments\n":                         "wrong number # of arguments",
		"": "",
	} {
		if got := lastWords(printed); got != want {
			t.Errorf("last words of %q: %q, want %q", printed, got, want)
		}
	}
}
