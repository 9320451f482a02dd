package servicetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Redelivery is when a queue delivers a message again after [Built.Redeliver].
const Redelivery = 20 * time.Second

var (
	// visibility is the property of a queue in the template, in seconds. It is 6 minutes.
	visibility = regexp.MustCompile(`"VisibilityTimeout": ?\d+`)
	// minute is the timeout of the functions that read queues. That of the queue must not be shorter.
	minute = regexp.MustCompile(`"Timeout": ?60\b`)
)

// Redeliver changes the template: queues deliver a message again after the time Redelivery if the function that
// received it failed, or was killed. On AWS that takes 6 minutes, which a test can't wait for. The functions have as
// much time.
func (b Built) Redeliver() error {
	files, err := filepath.Glob(filepath.Join(b.Template, "*.template.json"))
	if err != nil {
		return err
	}
	changed, seconds := 0, int(Redelivery.Seconds())
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		changed += len(visibility.FindAll(text, -1))
		text = visibility.ReplaceAll(text, fmt.Appendf(nil, `"VisibilityTimeout": %d`, seconds))
		text = minute.ReplaceAll(text, fmt.Appendf(nil, `"Timeout": %d`, seconds))
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	if changed == 0 {
		return errors.New("no queue of the template has a VisibilityTimeout")
	}
	return nil
}
