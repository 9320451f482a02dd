package runner

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/template"
)

// schedulerOf returns a client of a running runner's scheduler that signs as a function, and the name of the stack.
func schedulerOf(t *testing.T, p *process, function string) (client *scheduler.Client, stack string) {
	t.Helper()
	env := map[string]string{}
	status, body := p.get("/_local/functions/ApiFunction/environment")
	if err := json.Unmarshal([]byte(body), &env); err != nil {
		t.Fatalf("environment of the function: status %d, %v", status, err)
	}
	return scheduler.New(scheduler.Options{
		BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL_SCHEDULER"]), Region: env["AWS_REGION"], Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(function, "x", ""),
	}), strings.TrimSuffix(env["EVENTS"], "-Events")
}

func deadline(stack, name string, at time.Time) *scheduler.CreateScheduleInput {
	return &scheduler.CreateScheduleInput{
		Name: aws.String(name), GroupName: aws.String(stack + "-Deadlines"),
		ScheduleExpression:    aws.String("at(" + at.UTC().Format("2006-01-02T15:04:05") + ")"),
		FlexibleTimeWindow:    &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		ActionAfterCompletion: types.ActionAfterCompletionDelete,
		Target: &types.Target{
			Arn:     aws.String("arn:aws:sqs:us-east-1:000000000000:" + stack + "-Timed"),
			RoleArn: aws.String("arn:aws:iam::000000000000:role/" + stack + "-ScheduleRole"),
			Input:   aws.String(name + " is due"),
		},
	}
}

// A schedule of the template is due at its times, and after a POST to its address.
func TestSchedules(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, system(t), shared(t))
	file := filepath.Join(state, "queues", "Timed.jsonl")
	eventually(t, "a time in the past is due at once", func() bool {
		return strings.Contains(read(t, file), `"body":"soon, at 2025-12-31T23:00:00Z"`)
	})
	if text := read(t, file); strings.Contains(text, "three o'clock") {
		t.Errorf("queue before the schedule's time: %s, want no message", text)
	}
	if status := p.send("POST", "/_local/schedules/Daily"); status != http.StatusAccepted {
		t.Errorf("POST the schedule Daily: status %d, want 202", status)
	}
	if text := read(t, file); !strings.Contains(text, `"body":"it is three o'clock"`) {
		t.Errorf("message of the schedule: %s, want its input", text)
	}
	for path, want := range map[string]int{
		"/_local/schedules/Nightly": http.StatusNotFound, "/_local/schedules/": http.StatusNotFound,
	} {
		if status := p.send("POST", path); status != want {
			t.Errorf("POST %s: status %d, want %d", path, status, want)
		}
	}
}

// A function makes a schedule that its role allows. A kill of the runner does not lose it: it runs when the runner is
// up again, and then is gone. What ran before does not run again.
func TestSchedulesOutliveTheRunner(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), system(t)
	p := launch(t, state, dir, shared(t))
	courier, stack := schedulerOf(t, p, "CourierFunction")
	due := time.Now().Add(3 * time.Second)
	if _, err := courier.CreateSchedule(t.Context(), deadline(stack, "payment", due)); err != nil {
		t.Fatal(err)
	}
	stranger, _ := schedulerOf(t, p, "ApiFunction")
	_, err := stranger.CreateSchedule(t.Context(), deadline(stack, "other", due))
	refused(t, err, "scheduler:CreateSchedule on resource: arn:aws:scheduler:us-east-1:000000000000:schedule/"+stack+
		"-Deadlines/other")
	other := deadline(stack, "other", due)
	other.Target.RoleArn = aws.String("arn:aws:iam::000000000000:role/" + stack + "-TeamRole")
	_, err = courier.CreateSchedule(t.Context(), other)
	refused(t, err, "iam:PassRole on resource: "+*other.Target.RoleArn)
	file := filepath.Join(state, "queues", "Timed.jsonl")
	eventually(t, "the past is due", func() bool { return strings.Contains(read(t, file), "soon") })
	_ = p.signal(syscall.SIGKILL)
	if text := read(t, file); strings.Contains(text, "payment") && time.Now().Before(due.Truncate(time.Second)) {
		t.Errorf("it ran before it was due: %s", text)
	}

	time.Sleep(time.Until(due)) // it comes due while no runner runs
	again := launch(t, state, dir, shared(t))
	eventually(t, "it runs", func() bool { return strings.Contains(read(t, file), "payment is due") })
	own, _ := schedulerOf(t, again, "local")
	eventually(t, "it is gone", func() bool {
		all, err := own.ListSchedules(t.Context(), &scheduler.ListSchedulesInput{GroupName: aws.String(stack + "-Deadlines")})
		return err == nil && len(all.Schedules) == 1 && *all.Schedules[0].Name == stack+"-Soon"
	})
	if text := read(t, file); strings.Count(text, "payment is due") != 1 || strings.Count(text, "soon") != 1 {
		t.Errorf("messages after a restart: %s, want each once", text)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok || e.ErrorCode() != "AccessDeniedException" || !strings.Contains(e.ErrorMessage(), want) {
		t.Errorf("request of a function without the right to: %v, want AccessDeniedException for %s", err, want)
	}
}

// A schedule of the template with a wrong role is refused at the start, in one sentence.
func TestScheduleWithAWrongRole(t *testing.T) {
	t.Parallel()
	dir := system(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text := strings.Replace(read(t, files[0]), `"Service": "scheduler.amazonaws.com"`, `"Service": "lambda.amazonaws.com"`, 1)
	if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	words := refusal(t, []string{"-state", t.TempDir(), "-template", dir}, "PORT=0", shared(t))
	if !strings.Contains(words, "Daily: the schedule default/") ||
		!strings.Contains(words, "must allow AWS EventBridge Scheduler to assume the role") {
		t.Errorf("the runner printed %q, want the schedule and what is wrong with its role", words)
	}
}

// A schedule needs a role of the template that EventBridge Scheduler may assume, and that may send to its queue.
func TestRolesOfSchedules(t *testing.T) {
	t.Parallel()
	system, err := template.Read(systemDir, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const (
		role  = "arn:aws:iam::000000000000:role/Sys-"
		group = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/Sys-Deadlines"
		queue = "arn:aws:sqs:us-east-1:000000000000:Sys-"
	)
	for _, test := range []struct{ role, queue, want string }{
		{"ScheduleRole", "Timed", ""},
		{"Nobody", "Timed", `the role "` + role + `Nobody" is not in the template`},
		{"TeamRole", "Timed", "the trust policy of " + role + "TeamRole does not allow sts:AssumeRole to scheduler"},
		{"ScheduleRole", "Told", "is not authorized to perform: sqs:SendMessage on resource: " + queue + "Told"},
	} {
		err := checkScheduleRole(system, role+test.role, group, queue+test.queue)
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("send to %s under %s: %v, want %q", test.queue, test.role, err, test.want)
		}
	}
}
