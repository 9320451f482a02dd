package runner

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// secret returns a secret's value. As in Secrets Manager, it is random, and generated once.
func (r *runner) secret(name string) (string, error) {
	dir := filepath.Join(r.state, "secrets")
	file := filepath.Join(dir, filepath.Base(name))
	kept, err := os.ReadFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(kept), err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	made := rand.Text() + rand.Text()
	return made, os.WriteFile(file, []byte(made), 0o600)
}
