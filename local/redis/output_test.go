package redis

import "testing"

// TestLastWords: process, time and level are not the reason.
func TestLastWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ printed, want string }{
		{"9:M 01 Dec 2026 15:00:00.000 * Ready\n9:M 01 Dec 2026 15:00:00.001 # Bad format\n", "Bad format"},
		{"9:C 01 Dec 2026 15:00:00.000 * a # b", "a # b"},
		{"*** FATAL CONFIG FILE ERROR ***\nwrong number # of arguments\n", "wrong number # of arguments"},
		{"", ""},
	} {
		if got := lastWords(test.printed); got != test.want {
			t.Errorf("last words of %q: %q, want %q", test.printed, got, test.want)
		}
	}
}
