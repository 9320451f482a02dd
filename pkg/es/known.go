package es

import "time"

// KnownCommand is a command that a stream holds.
type KnownCommand struct {
	CommandRef
	// Version is the first version of the commit that it made, At when that was recorded.
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
}

// knownCommands are the commands of a stream within the horizon, in the order of their commits.
type knownCommands []KnownCommand

// add notes the command of a commit, and forgets what has fallen behind the horizon.
func (k *knownCommands) add(c *Commit, horizon time.Duration) {
	old := c.At.Add(-horizon)
	behind := 0
	for behind < len(*k) && (*k)[behind].At.Before(old) {
		behind++
	}
	*k = (*k)[behind:]
	if c.Command.ID == "" {
		return
	}
	*k = append(*k, KnownCommand{CommandRef: c.Command, Version: c.Version, At: c.At})
}

// find returns the command with an id.
func (k *knownCommands) find(id string) (KnownCommand, bool) {
	for _, known := range *k {
		if id != "" && known.ID == id {
			return known, true
		}
	}
	return KnownCommand{}, false
}
