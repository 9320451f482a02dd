package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/annals-es/annals/local/redis"
)

// EnsureRedis checks that a Valkey or Redis server is installed. If there is none, it installs Redis as root on Debian,
// and writes one line about it to say. It starts no server. Elsewhere it returns an error that names the command to
// run.
func EnsureRedis(ctx context.Context, say io.Writer) error {
	missing := redis.Check()
	if missing == nil {
		return nil
	}
	if !able() {
		return missing
	}
	err := withoutServices("/usr/sbin/policy-rc.d", func() error {
		return Install(ctx, say, "Redis", "redis-server")
	})
	if err != nil {
		return err
	}
	// The package has its server started with each start of the machine.
	if out, err := exec.CommandContext(ctx, "update-rc.d", "redis-server", "disable").CombinedOutput(); err != nil {
		return fmt.Errorf("keep Debian from starting Redis with the machine: `update-rc.d redis-server disable` failed "+
			"(%w): %s", err, out)
	}
	return redis.Check()
}

// withoutServices installs a package while a policy forbids that packages start services. It leaves a policy that the
// machine has: that of a container forbids the same.
//
// Source: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
func withoutServices(policy string, install func() error) error {
	f, err := os.OpenFile(policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755) //nolint:gosec // Debian runs it
	if errors.Is(err, os.ErrExist) {
		return install()
	}
	if err != nil {
		return fmt.Errorf("tell Debian to start no service: %w", err)
	}
	_, err = f.WriteString("#!/bin/sh\nexit 101\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("tell Debian to start no service: %w", errors.Join(err, os.Remove(policy)))
	}
	return errors.Join(install(), os.Remove(policy))
}
