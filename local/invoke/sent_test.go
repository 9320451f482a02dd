package invoke

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/annals-es/annals/local/lambda"
)

// moody is a function that answers its invocations in turn, the last answer for ever, and keeps what it got.
type moody struct {
	mu      sync.Mutex
	answers []error
	got     []string
}

func (m *moody) invoke(payload []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, string(payload))
	return nil, m.answers[min(len(m.got), len(m.answers))-1]
}

func (m *moody) received() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.got)
}

// TestEvents: the caller does not wait for the answer; a function that fails gets its event twice more, one that is
// throttled until it is not, or the event is too old.
func TestEvents(t *testing.T) {
	t.Parallel()
	failed, busy := &lambda.FunctionError{Type: "x"}, lambda.ErrThrottled
	for name, test := range map[string]struct {
		answers []error
		age     time.Duration
		want    int
	}{
		"done at once":     {[]error{nil}, time.Hour, 1},
		"done later":       {[]error{failed, nil}, time.Hour, 2},
		"never done":       {[]error{failed}, time.Hour, 3},
		"throttled":        {[]error{busy, busy, busy, busy, busy, nil}, time.Hour, 6},
		"throttled, fails": {[]error{busy, failed, busy, failed, failed}, time.Hour, 5},
		"too old":          {[]error{busy}, 0, 1},
		"the runner ends":  {[]error{lambda.ErrClosed}, time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &moody{answers: test.answers}
			s, c := serve(t, nil, Function{Name: "f", Invoker: function(m.invoke)})
			s.sent.retries, s.sent.pause, s.sent.longest, s.sent.age = []time.Duration{1, 1}, 1, time.Millisecond, test.age
			out, err := c.Invoke(t.Context(), &client.InvokeInput{
				FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent, Payload: []byte("7"),
			})
			if err != nil || out.StatusCode != 202 || len(out.Payload) != 0 {
				t.Fatalf("send an event: %v, %v, want status 202 and no payload", out, err)
			}
			s.sent.under.Wait()
			if got := m.received(); len(got) != test.want || got[0] != "7" {
				t.Errorf("invoked with %q, want %d times", got, test.want)
			}
		})
	}
}

// TestEventsEnd: the runner's end does not wait for an event that is to be tried again, and takes no further ones.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	m := &moody{answers: []error{errors.New("no connection")}}
	s, _ := serve(t, nil)
	s.sent.add(Function{Name: "f", Invoker: function(m.invoke)}, []byte("7"))
	s.Close()
	s.sent.add(Function{Name: "f", Invoker: function(m.invoke)}, []byte("8"))
	if got := m.received(); len(got) > 1 {
		t.Errorf("function invoked with %q, want once", got)
	}
}
