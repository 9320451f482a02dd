//go:build !linux || (!amd64 && !arm64)

package dynamolocal

import "os/exec"

// startUnsynced starts a command. How its writes need not be waited for is known on Linux alone.
func startUnsynced(cmd *exec.Cmd) error { return cmd.Start() }
