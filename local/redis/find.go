package redis

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// oldest is the oldest major version that is used.
const oldest = 6

// ErrMissing means that neither Valkey nor a Redis that is new enough is installed.
var ErrMissing = fmt.Errorf("Valkey is missing, and so is Redis %d or later: "+
	"run `sudo apt-get install redis-server` or `brew install valkey`", oldest)

// Check returns [ErrMissing] unless Valkey or Redis is installed.
func Check() error {
	_, err := find()
	return err
}

// find returns the path of Valkey's server, or else that of Redis.
func find() (string, error) {
	for _, name := range []string{"valkey-server", "redis-server"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if major, err := majorOf(program); err == nil && major >= oldest {
			return program, nil
		}
	}
	return "", ErrMissing
}

// majorOf asks a program for its major version. Answers are like "Redis server v=7.0.15 sha=00000000:0 malloc=libc".
func majorOf(program string) (int, error) {
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		return 0, err
	}
	_, version, ok := strings.Cut(string(out), " v=")
	if !ok {
		return 0, errors.New("the answer to --version has no version")
	}
	major, _, _ := strings.Cut(version, ".")
	return strconv.Atoi(major)
}
