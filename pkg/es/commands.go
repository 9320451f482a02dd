package es

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// KnownCommand is a command that a stream holds: enough to find the commit that it made.
type KnownCommand struct {
	// Digest is the first 16 bytes of the SHA-256 of the command's id.
	Digest [16]byte
	// Version is the first version of the commit that the command made, At when that was recorded.
	Version int64
	At      time.Time
}

// CommandBlock names commands of a stream that are kept together, apart from its snapshot. A block never changes.
type CommandBlock struct {
	// First and Last are the first versions of the commits that the first and the last of the commands made.
	First, Last int64
	// Hash is that of the last of these commits: a stream with another history has other blocks.
	Hash []byte
	// At is when the last of these commits was recorded.
	At time.Time
	// Commands is how many they are.
	Commands int
	// Expires is when no snapshot needs the block any more.
	Expires time.Time
}

// ErrNoBlock says that a block of commands is not where it was kept.
var ErrNoBlock = errors.New("a block of commands is missing")

// knownCommands are the commands of a stream within the horizon, in the order of their commits: blocks of them, and
// those that came since. A copy may share what it holds with others, and changes nothing of it.
type knownCommands struct {
	blocks []*knownBlock
	recent []KnownCommand
}

// knownBlock is a block of commands, which is read when it is first asked for.
type knownBlock struct {
	CommandBlock
	kept bool // beside the snapshot

	mu       sync.Mutex
	commands []KnownCommand // sorted by digest; nil = not read yet
}

// horizon says which commands of a stream are known: the latest, of so long a time, so many at most.
type horizon struct {
	now    time.Time
	length time.Duration
	most   int // whole blocks are forgotten, so it may be nearly a block more
}

// blockMargin is how much longer a block is kept than its commands are known: readers may have read the snapshot that
// names it a while ago.
const blockMargin = 24 * time.Hour

// from is the time before which commands are forgotten, once a commit is the last. It counts from now where the commit
// is from the future: a process whose clock is ahead must not end what is known.
func (h horizon) from(last *Commit) time.Time {
	if last.At.Before(h.now) {
		return last.At.Add(-h.length)
	}
	return h.now.Add(-h.length)
}

// clipped is a copy that can be added to.
func (k *knownCommands) clipped() knownCommands {
	return knownCommands{slices.Clip(k.blocks), slices.Clip(k.recent)}
}

// add notes the command of a commit, and forgets what is behind the horizon, which is asked for where there is
// something to know.
func (k *knownCommands) add(c *Commit, now func() horizon) {
	if c.Command.ID == "" && len(k.recent) == 0 && len(k.blocks) == 0 {
		return
	}
	h := now()
	if c.Command.ID != "" {
		k.recent = append(k.recent, KnownCommand{stored.CommandDigest(c.Command.ID), c.Version, c.At})
		if len(k.recent) >= stored.CommandsPerBlock {
			k.seal(c, h)
		}
	}
	k.forget(h.from(c), h.most)
}

// seal makes a block of the recent commands, the last of which made a commit.
func (k *knownCommands) seal(last *Commit, h horizon) {
	b := &knownBlock{commands: slices.Clone(k.recent), CommandBlock: CommandBlock{
		First: k.recent[0].Version, Last: last.Version, Hash: last.Hash, At: last.At, Commands: len(k.recent),
		Expires: last.At.Add(h.length + blockMargin),
	}}
	sortByDigest(b.commands)
	k.blocks, k.recent = append(k.blocks, b), nil
}

func (k *knownCommands) forget(from time.Time, most int) {
	for len(k.recent) > 0 && k.recent[0].At.Before(from) {
		k.recent = k.recent[1:]
	}
	count := len(k.recent)
	for _, b := range k.blocks {
		count += b.Commands
	}
	for len(k.blocks) > 0 && (k.blocks[0].At.Before(from) || count-k.blocks[0].Commands >= most) {
		count -= k.blocks[0].Commands
		k.blocks = k.blocks[1:]
	}
}

// load reads blocks of a stream, each as its commands in the order in which they were kept.
//
// Errors: [ErrNoBlock]; the store's.
type loadBlocks func(ctx context.Context, blocks []CommandBlock) ([][]KnownCommand, error)

// find returns the version at which a command is. The newest are looked at first; blocks are read where none of those
// is it.
//
// Errors: those of load.
func (k *knownCommands) find(ctx context.Context, id string, load loadBlocks) (version int64, found bool, err error) {
	digest := stored.CommandDigest(id)
	if i := slices.IndexFunc(k.recent, func(c KnownCommand) bool { return c.Digest == digest }); i >= 0 {
		return k.recent[i].Version, true, nil
	}
	var unread []*knownBlock
	for _, b := range slices.Backward(k.blocks) {
		version, found, read := b.find(digest)
		if found {
			return version, true, nil
		}
		if !read {
			unread = append(unread, b)
		}
	}
	if len(unread) == 0 {
		return 0, false, nil
	}
	wanted := make([]CommandBlock, len(unread))
	for i, b := range unread {
		wanted[i] = b.CommandBlock
	}
	all, err := load(ctx, wanted)
	if err != nil {
		return 0, false, err
	}
	for i, b := range unread {
		if len(all[i]) != b.Commands {
			return 0, false, fmt.Errorf("%w: commands of versions %d to %d: %d of them instead of %d",
				ErrNoBlock, b.First, b.Last, len(all[i]), b.Commands)
		}
		b.keep(all[i])
		if at, here, _ := b.find(digest); here {
			version, found = at, true
		}
	}
	return version, found, nil
}

func (b *knownBlock) find(digest [16]byte) (version int64, found, read bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, found := slices.BinarySearchFunc(b.commands, digest, func(c KnownCommand, d [16]byte) int {
		return bytes.Compare(c.Digest[:], d[:])
	})
	if found {
		version = b.commands[i].Version
	}
	return version, found, b.commands != nil
}

func (b *knownBlock) keep(commands []KnownCommand) {
	sortByDigest(commands)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commands = commands
}

// inOrder are the commands of a block that was not kept yet, as they came.
func (b *knownBlock) inOrder() []KnownCommand {
	b.mu.Lock()
	defer b.mu.Unlock()
	commands := slices.Clone(b.commands)
	slices.SortFunc(commands, func(a, b KnownCommand) int { return cmp.Compare(a.Version, b.Version) })
	return commands
}

func sortByDigest(commands []KnownCommand) {
	slices.SortFunc(commands, func(a, b KnownCommand) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
}
