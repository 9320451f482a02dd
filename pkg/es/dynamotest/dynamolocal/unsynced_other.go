//go:build !linux || (!amd64 && !arm64)

package dynamolocal

import "os/exec"

// startUnsynced starts a command. Only the Linux version can skip waiting for the disk.
func startUnsynced(cmd *exec.Cmd) error { return cmd.Start() }
