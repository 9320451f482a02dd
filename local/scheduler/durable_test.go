package scheduler_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/annals-es/annals/local/scheduler"
)

// What was answered is still so after a crash.
func TestChangesOutliveTheRunner(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		for _, name := range []string{"kept", "changed", "deleted"} {
			r.create(name, "at(2000-01-01T00:01:00)", deleting)
		}
		in := creation("changed", "at(2000-01-01T00:02:00)")
		if _, err := r.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
			Name: in.Name, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow,
			Target: in.Target,
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: aws.String("deleted")}); err != nil {
			t.Fatal(err)
		}
		r.crash(0)
		r.after(time.Hour, "00:01:00.000 kept", "00:02:00.000 changed")
		r.crash(0)
		r.after(time.Hour)
		if got := r.names(); got != "changed" {
			t.Errorf("schedules: %s, want changed, which is not deleted after it ran", got)
		}
	})
}

// watched is a queue that looks at the schedules' file when it gets a message.
type watched struct {
	*inbox
	file string
	left string
}

func (w *watched) Send(ctx context.Context, message []byte) error {
	text, err := os.ReadFile(w.file)
	if err != nil {
		return err
	}
	w.left = string(text)
	return w.inbox.Send(ctx, message)
}

// The message is in the queue before the schedule is gone: a crash in between sends it again.
func TestAtLeastOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		w := &watched{r.queue, r.file, ""}
		if err := r.now.Close(); err != nil {
			t.Fatal(err)
		}
		r.watch = w
		r.open()
		r.now.Start()
		r.create("n", "at(2000-01-01T00:01:00)", deleting)
		r.after(time.Hour, "00:01:00.000 n")
		if err := os.WriteFile(r.file, []byte(w.left), 0o600); err != nil { // as a crash would have left it
			t.Fatal(err)
		}
		if err := r.now.Close(); err != nil {
			t.Fatal(err)
		}
		r.open()
		r.now.Start()
		r.after(time.Minute, "01:00:00.000 n")
	})
}

// The file does not grow without limit.
func TestFileIsRewritten(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.create("rare", "rate(365 days)")
		r.create("often", "rate(1 minute)")
		time.Sleep(3000 * time.Minute)
		synctest.Wait()
		r.queue.take()
		text, err := os.ReadFile(r.file)
		if lines := strings.Count(string(text), "\n"); err != nil || lines > 1001 {
			t.Errorf("the file has %d lines, %v", lines, err)
		}
		r.crash(0)
		r.after(time.Minute, "02:01:00.000 often")
		if got := r.names(); got != "often rare" {
			t.Errorf("schedules: %s, want both", got)
		}
	})
}

// A change that cannot be written is not made. A schedule that ran does not run again and again.
func TestFileFails(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.create("n", "at(2000-01-01T00:01:00)", deleting)
		r.create("kept", "rate(1 hour)")
		r.after(0, "00:00:00.000 kept")
		scheduler.BreakFile(r.now)
		_, created := r.CreateSchedule(t.Context(), creation("m", "rate(1 day)"))
		_, deleted := r.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: aws.String("kept")})
		for what, err := range map[string]error{"create": created, "delete": deleted} {
			fails(t, what, err, "InternalServerException", "write local data: ")
		}
		r.after(90*time.Minute, "00:01:00.000 n", "01:00:00.000 kept")
		if got := r.names(); got != "kept" {
			t.Errorf("schedules: %s, want those whose change was written", got)
		}
		r.broken = true
	})
}

func TestForeignFile(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		if err := r.now.Close(); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"x", "{}", `{"other":1}`} {
			if err := os.WriteFile(r.file, []byte(line+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := r.tryOpen(); err == nil || !strings.Contains(err.Error(), r.file+": line 1 is not an entry") {
				t.Errorf("open a file with %s: %v", line, err)
			}
		}
		if err := os.Remove(r.file); err != nil {
			t.Fatal(err)
		}
		r.open()
		r.now.Start()
		r.create("n", "at(2000-01-01T00:00:00)")
		r.after(0, "00:00:00.000 n")
	})
}

// Schedules may be made, changed and deleted by many at once, while others run.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	client, in := serve(t)
	done := make(chan error)
	const writers, each = 8, 20
	for w := range writers {
		go func() {
			for i := range each {
				name := fmt.Sprintf("n%d-%d", w, i)
				if _, err := client.CreateSchedule(t.Context(), creation(name, "at(2001-01-01T00:00:00)")); err != nil {
					done <- err
					return
				}
				if i%2 == 0 {
					continue
				}
				if _, err := client.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: &name}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	got := map[string]int{}
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for message := range strings.SplitSeq(in.take(), ", ") {
			if _, name, ok := strings.Cut(message, " "); ok {
				got[name]++
			}
		}
		kept := 0
		for w := range writers {
			for i := 0; i < each; i += 2 {
				kept += got[fmt.Sprintf("n%d-%d", w, i)]
			}
		}
		if kept == writers*each/2 {
			return
		}
	}
	t.Errorf("messages: %v, want one of each schedule that was not deleted", got)
}
