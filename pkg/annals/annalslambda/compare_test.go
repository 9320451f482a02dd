package annalslambda

import "testing"

func TestNumbersAreComparedAsNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"9", "10", -1}, {"10", "9", 1}, {"7", "7", 0}, {"07", "7", 0},
		{"99999999999999999999999999999999999999", "100000000000000000000000000000000000000", -1},
		{"", "1", -1}, {"1", "x", 1}, {"", "", 0},
	} {
		if got := compare(tt.a, tt.b); got != tt.want {
			t.Errorf("compare %q with %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
