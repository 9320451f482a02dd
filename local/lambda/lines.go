package lambda

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is the length in bytes at which a line without an end is cut.
const maxLine = 64 << 10

// lines passes on whole lines, so that the lines of several processes do not mix.
type lines struct {
	to      io.Writer
	partial []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.partial = append(l.partial, p...)
	end := bytes.LastIndexByte(l.partial, '\n') + 1
	if end == 0 && len(l.partial) > maxLine {
		l.flush()
		return len(p), nil
	}
	if end > 0 {
		_, _ = l.to.Write(l.partial[:end]) // the runner's own output is closed: not the function's failure
		l.partial = append(l.partial[:0], l.partial[end:]...)
	}
	return len(p), nil
}

func (l *lines) flush() {
	if len(l.partial) > 0 {
		_, _ = l.to.Write(append(l.partial, '\n'))
		l.partial = l.partial[:0]
	}
}

// isMetrics reports whether a line is in CloudWatch's embedded metric format. CloudWatch turns such lines into metrics;
// the local output leaves them out.
func isMetrics(line []byte) bool {
	return bytes.HasPrefix(line, []byte("{")) && bytes.Contains(line, []byte(`"_aws":{"Timestamp":`))
}

// Prefixed writes whole lines to w, each after a prefix, and leaves out metrics. Writers that share a lock do not mix
// their lines.
func Prefixed(w io.Writer, lock *sync.Mutex, prefix string) io.Writer {
	return &prefixed{to: w, lock: lock, prefix: []byte(prefix)}
}

type prefixed struct {
	to     io.Writer
	lock   *sync.Mutex
	prefix []byte
}

func (p *prefixed) Write(text []byte) (int, error) {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		if isMetrics(line) {
			continue
		}
		out.Write(p.prefix)
		out.Write(line)
	}
	if out.Len() == 0 {
		return len(text), nil
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if _, err := p.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}
