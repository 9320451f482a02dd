package redis

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestFind: Valkey comes before Redis, and a Redis that is too old is none.
func TestFind(t *testing.T) { //nolint:paralleltest // sets PATH
	const valkey, redis = "Valkey server v=8.1.1 sha=0:0 malloc=libc", "Redis server v=7.0.15 sha=00000000:0 malloc=libc"
	for _, test := range []struct{ valkey, redis, want string }{
		{valkey, redis, "valkey-server"}, {"", redis, "redis-server"}, {"segfault", redis, "redis-server"},
		{"", "Redis server v=10.0.0 sha=0:0", "redis-server"},
		{"", "Redis server v=5.0.14 sha=0:0", ""}, {"", "", ""}, {"", "Redis", ""},
	} {
		bin := t.TempDir()
		t.Setenv("PATH", bin)
		for name, answer := range map[string]string{"valkey-server": test.valkey, "redis-server": test.redis} {
			if answer == "" {
				continue
			}
			script := fmt.Appendf(nil, "#!/bin/sh\necho '%s'\n", answer)
			if err := os.WriteFile(filepath.Join(bin, name), script, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		program, err := find()
		if test.want == "" {
			if !errors.Is(err, ErrMissing) || !errors.Is(Check(), ErrMissing) {
				t.Errorf("with %q: %s, %v, want that it is missing", test.redis, program, err)
			}
		} else if program != filepath.Join(bin, test.want) || err != nil || Check() != nil {
			t.Errorf("with %q and %q: %s, %v, want %s", test.valkey, test.redis, program, err, test.want)
		}
	}
}
