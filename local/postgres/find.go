package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oldest is the oldest major version that is used.
const oldest = 14

// ErrMissing means that no PostgreSQL server is installed that is new enough.
var ErrMissing = fmt.Errorf("PostgreSQL %d or later is missing: "+
	"run `sudo apt-get install postgresql` or `brew install postgresql`", oldest)

// Check returns [ErrMissing] unless a PostgreSQL server is installed.
func Check() error {
	if _, ok := choose(installed(), 0); !ok {
		return ErrMissing
	}
	return nil
}

// programs is an installed server.
type programs struct {
	dir   string // has initdb and postgres
	major int
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// Debian and Homebrew install each version in a folder of its own, which is not in PATH.
var folders = []string{
	"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
}

// installed returns the servers in the known folders and in PATH.
func installed() []programs {
	var found []string
	for _, pattern := range folders {
		dirs, _ := filepath.Glob(pattern) // fails only for an invalid pattern
		found = append(found, dirs...)
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		found = append(found, filepath.Dir(initdb))
	}
	var all []programs
	for _, dir := range found {
		if major, err := majorOf(filepath.Join(dir, "initdb")); err == nil {
			all = append(all, programs{dir, major})
		}
	}
	return all
}

// majorOf asks a program for its major version. Answers are like "initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func majorOf(program string) (int, error) {
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return 0, err
	}
	_, version, _ := strings.Cut(string(out), "(PostgreSQL) ")
	digits := strings.TrimLeft(version, "0123456789")
	return strconv.Atoi(version[:len(version)-len(digits)])
}

// choose returns the newest of the servers, or one of the given major version if that is not 0: a server reads only the
// data of its own major version.
func choose(all []programs, major int) (best programs, ok bool) {
	for _, p := range all {
		if p.major >= oldest && p.major > best.major && (major == 0 || p.major == major) {
			best = p
		}
	}
	return best, best.major > 0
}

// writtenBy returns the major version whose data a folder has, 0 if the folder is missing or empty.
//
// Errors: an error if the folder has files, but not those of PostgreSQL.
func writtenBy(dir string) (major int, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err == nil {
		major, err = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return 0, fmt.Errorf("%s is not a folder of PostgreSQL's data: choose another, or delete it: %w", dir, err)
	}
	return major, nil
}
