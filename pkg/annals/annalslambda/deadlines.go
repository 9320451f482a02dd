package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Later sends a message to the queue of the reactor's jobs: after a delay, at most 15 minutes, or at an instant.
type Later interface {
	// Send sends a message that can be received after a delay. Its errors wrap [annals.ErrUnavailable].
	Send(ctx context.Context, delay time.Duration, body string) error
	// Schedule sends a message at an instant. A second call with the same id does nothing. Errors that may pass wrap
	// [annals.ErrUnavailable].
	Schedule(ctx context.Context, id string, at time.Time, body string) error
	// Unschedule withdraws it. It does nothing if there is no such message, or if it was sent.
	Unschedule(ctx context.Context, id string) error
}

// schedules are one-time schedules of EventBridge Scheduler in a group of their own. They send messages to a queue, and
// are deleted then.
type schedules struct {
	*Queue
	client                    *scheduler.Client
	group, roleARN, targetARN string
}

// Schedules returns what sends messages later to the queue at a URL of SQS. The environment names the group of its
// schedules, their role and the queue's ARN: see [annalsaws.DeadlineGroupEnv]. Schedules returns nil if url or the
// group is "". Its calls end in time, see [InTime]. AWS_ENDPOINT_URL_SCHEDULER redirects them.
func Schedules(cfg aws.Config, url string, getenv func(string) string) Later {
	group := getenv(annalsaws.DeadlineGroupEnv)
	if url == "" || group == "" {
		return nil
	}
	client := scheduler.NewFromConfig(cfg, func(o *scheduler.Options) { o.APIOptions = append(o.APIOptions, InTime) })
	return &schedules{
		Queue: NewQueue(cfg, url), client: client, group: group,
		roleARN: getenv(annalsaws.DeadlineRoleEnv), targetARN: getenv(annalsaws.DeadlineQueueEnv),
	}
}

// Send implements [Later].
func (s *schedules) Send(ctx context.Context, delay time.Duration, body string) error {
	err := s.Enqueue(ctx, time.Duration(math.Ceil(min(delay, maxDelay).Seconds()))*time.Second, body)
	if err != nil {
		return fmt.Errorf("%w: %w", annals.ErrUnavailable, err)
	}
	return nil
}

// Schedule implements [Later].
func (s *schedules) Schedule(ctx context.Context, id string, at time.Time, body string) error {
	at = at.UTC().Add(time.Second - time.Nanosecond).Truncate(time.Second) // not early
	_, err := s.client.CreateSchedule(ctx, &scheduler.CreateScheduleInput{
		GroupName: aws.String(s.group), Name: aws.String(id),
		ScheduleExpression:    aws.String("at(" + at.Format("2006-01-02T15:04:05") + ")"),
		FlexibleTimeWindow:    &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		ActionAfterCompletion: types.ActionAfterCompletionDelete,
		Target: &types.Target{
			Arn: aws.String(s.targetARN), RoleArn: aws.String(s.roleARN), Input: aws.String(body),
		},
	})
	if errors.As(err, new(*types.ConflictException)) { // it was asked for before
		return nil
	}
	return schedulerError("create", id, err)
}

// Unschedule implements [Later].
func (s *schedules) Unschedule(ctx context.Context, id string) error {
	_, err := s.client.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{
		GroupName: aws.String(s.group), Name: aws.String(id),
	})
	if errors.As(err, new(*types.ResourceNotFoundException)) {
		return nil
	}
	return schedulerError("delete", id, err)
}

// schedulerError says what failed. All errors but malformed requests are transient: throttles, quotas, outages, and
// permissions that a deployment mends.
func schedulerError(what, id string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*types.ValidationException)):
		return fmt.Errorf("%s schedule %s: %w", what, id, err)
	}
	return fmt.Errorf("%s schedule %s: %w: %w", what, id, annals.ErrUnavailable, err)
}

func (d Deployment) withDeadlines() (Deployment, error) {
	d.Later = Schedules(d.AWS, os.Getenv(annalsaws.ReactionQueueEnv), os.Getenv)
	return d, nil
}

// deadlineTask and recurringTask are the tasks of a [timedJob].
const (
	deadlineTask  = "deadline"
	recurringTask = annalsaws.RecurringTask
)

// timedJob is the message of a deadline that is due, or of recurring work.
type timedJob struct {
	Task     string             `json:"task"`
	Deadline *reaction.Deadline `json:"deadline,omitempty"`
}

// deadlines asks for deadlines: below 15 minutes by a delayed message, else by a schedule.
type deadlines struct {
	later Later
	now   func() time.Time
}

// Set implements [reaction.Scheduler].
func (s deadlines) Set(ctx context.Context, d reaction.Deadline) error {
	body, err := json.Marshal(timedJob{deadlineTask, &d})
	if err != nil {
		return err
	}
	if wait := d.At.Sub(s.now()); wait < maxDelay {
		return s.later.Send(ctx, max(wait, 0), string(body))
	}
	return s.later.Schedule(ctx, d.ID(), d.At, string(body))
}

// Cancel implements [reaction.Scheduler]. A message can't be withdrawn: it is dropped when it comes.
func (s deadlines) Cancel(ctx context.Context, d reaction.Deadline) error {
	if d.At.Sub(d.Asked) < maxDelay {
		return nil
	}
	return s.later.Unschedule(ctx, d.ID())
}

// fire executes the command of a deadline that is due. If it can't be done now, the message is sent again.
func (p *Subscriber) fire(ctx context.Context, d *reaction.Deadline) error {
	if d == nil || p.timers[d.Timer] == nil {
		return fmt.Errorf("a deadline of an unknown timer: %+v", d)
	}
	fired, err := p.timers[d.Timer].Fire(ctx, p.engine, *d)
	if err != nil {
		return err
	}
	if fired.Late > 0 {
		p.meter.Add(telemetry.DeadlineLateness, fired.Late.Seconds())
	}
	switch fired.Outcome {
	case reaction.Executed:
		p.meter.Add(telemetry.DeadlinesExecuted, 1)
		p.log.LogAttrs(ctx, slog.LevelInfo, "a deadline was executed", slog.String("timer", d.Timer),
			slog.String("stream", d.Stream.String()), slog.String("deadline", d.Name),
			slog.Float64("lateSeconds", fired.Late.Seconds()))
	case reaction.CommandFailed:
		p.meter.Add(telemetry.DeadlinesFailed, 1)
	default:
	}
	if fired.Again == 0 {
		return nil
	}
	body, err := json.Marshal(timedJob{deadlineTask, d})
	if err != nil {
		return err
	}
	return p.later.Send(ctx, fired.Again, string(body))
}

// overdue is how late a deadline is when it is asked for again, because its message may be lost.
const overdue = 15 * time.Minute

// askAgain asks again for deadlines that are overdue. An error is logged: the next day brings another attempt.
func (p *Subscriber) askAgain(ctx context.Context) {
	for name, timer := range p.timers {
		n, err := timer.AskAgain(ctx, p.engine, p.now().Add(-overdue))
		if n > 0 {
			p.log.LogAttrs(ctx, slog.LevelWarn, "overdue deadlines were asked for again",
				slog.String("timer", name), slog.Int("deadlines", n))
		}
		if err != nil {
			p.log.LogAttrs(ctx, slog.LevelError, "overdue deadlines could not all be asked for again",
				slog.String("timer", name), slog.String("error", annalshttp.Describe(err)))
		}
	}
}

// recur does recurring work for one of its times.
func (p *Subscriber) recur(ctx context.Context, name, scheduled string) error {
	at, err := time.Parse(time.RFC3339, scheduled)
	if err != nil {
		return fmt.Errorf("recurring work %s: %w", name, err)
	}
	if p.recurs == nil {
		return fmt.Errorf("recurring work %s: this function does none", name)
	}
	return p.recurs(ctx, name, at)
}

// onDeadline returns a task about an open deadline.
func (p *Subscriber) onDeadline(
	do func(*reaction.Timer, context.Context, *projection.Engine, es.StreamID, string) error,
) task {
	return onStream(func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
		timer, err := p.timer(in.Projection)
		if err != nil {
			return nil, err
		}
		return &ask.Answer{}, do(timer, ctx, p.engine, stream, in.Deadline)
	})
}

func (p *Subscriber) askedAgain(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	timer, err := p.timer(in.Projection)
	if err != nil {
		return nil, err
	}
	n, err := timer.AskAgain(ctx, p.engine, time.Time{})
	return &ask.Answer{Deadlines: n}, err
}

func (p *Subscriber) timer(name string) (*reaction.Timer, error) {
	if timer := p.timers[name]; timer != nil {
		return timer, nil
	}
	return nil, fmt.Errorf("no timer has the name %q", name)
}
