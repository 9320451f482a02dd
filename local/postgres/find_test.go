package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	all := []programs{{"a", 13}, {"b", 15}, {"c", 17}, {"d", 14}}
	for _, test := range []struct {
		installed []programs
		major     int
		want      string
	}{
		{all, 0, "c"}, {all, 15, "b"}, {all, 16, ""}, {all[:1], 0, ""}, {nil, 0, ""},
	} {
		if got, ok := choose(test.installed, test.major); got.dir != test.want || ok != (test.want != "") {
			t.Errorf("choose of %v for %d: %v, %t, want %q", test.installed, test.major, got, ok, test.want)
		}
	}
}

// TestVersions: distributions add to a version, and there are versions before a release.
func TestVersions(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		"initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)": 15, "initdb (PostgreSQL) 18beta1": 18,
		"initdb (PostgreSQL) 17.2": 17, "initdb (Other) 3": 0, "": 0,
	} {
		program := filepath.Join(t.TempDir(), "initdb")
		if err := os.WriteFile(program, fmt.Appendf(nil, "#!/bin/sh\necho '%s'\n", answer), 0o700); err != nil {
			t.Fatal(err)
		}
		if got, err := majorOf(program); got != want || (err != nil) != (want == 0) {
			t.Errorf("version of %q: %d, %v, want %d", answer, got, err, want)
		}
	}
}
