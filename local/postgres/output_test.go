package postgres

import "testing"

// TestLastWords: what the server and initdb print after a fatal error is not the reason.
func TestLastWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ printed, want string }{
		{"LOG:  starting\n[7] FATAL:  could not bind\n[7] LOG:  database system is shut down\n", "could not bind"},
		{"initdb: error: No space left on device\ninitdb: removing contents\n", "No space left on device"},
		{"one\ntwo\n", "two"},
		{"", ""},
	} {
		if got := lastWords(test.printed); got != test.want {
			t.Errorf("last words of %.80q: %q, want %q", test.printed, got, test.want)
		}
	}
}
