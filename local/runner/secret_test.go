package runner

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSecretsAreKept: what was sealed before a restart can be opened after it, and only its owner can read the file of
// the key.
func TestSecretsAreKept(t *testing.T) {
	t.Parallel()
	r := &runner{config: config{state: t.TempDir()}}
	first, err := r.secret("Shop-CursorKey")
	again, err2 := r.secret("Shop-CursorKey")
	other, err3 := r.secret("Shop-Other")
	if err != nil || err2 != nil || err3 != nil || len(first) < 32 || first != again || first == other {
		t.Errorf("secrets: first %q, again %q, of another name %q: %v %v %v; want the first two equal and the third another",
			first, again, other, err, err2, err3)
	}
	info, err := os.Stat(filepath.Join(r.state, "secrets", "Shop-CursorKey"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file of the secret: %v, %v, want mode 0600", info, err)
	}
	if err := os.WriteFile(filepath.Join(r.state, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r.state = filepath.Join(r.state, "file")
	if _, err := r.secret("x"); err == nil {
		t.Error("secret in a folder that can't be made: no error")
	}
}
