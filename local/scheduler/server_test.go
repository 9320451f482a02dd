package scheduler_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/annals-es/annals/local/scheduler"
)

// serve returns a server with two groups, and the SDK's client for it.
func serve(t *testing.T, change ...func(*scheduler.Server, *scheduler.Config)) (*api.Client, *inbox) {
	t.Helper()
	server, err := scheduler.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	in := &inbox{}
	c := scheduler.Config{
		Account: account, Region: region, Groups: []string{"g", "h"}, Queues: map[string]scheduler.Queue{queue: in},
	}
	for _, one := range change {
		one(server, &c)
	}
	s, err := scheduler.Open(filepath.Join(t.TempDir(), "s.jsonl"), c, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Serve(s)
	s.Start()
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return client(http.DefaultClient, server.Address()), in
}

func fails(t *testing.T, what string, err error, wantCode, wantMessage string) {
	t.Helper()
	if got, message := code(err); got != wantCode || !strings.Contains(message, wantMessage) {
		t.Errorf("%s: %v, want %s with %q", what, err, wantCode, wantMessage)
	}
}

// All that a schedule is made of can be got again.
func TestWhole(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	start, end := time.Date(2100, 1, 1, 0, 0, 0, 5e8, time.UTC), time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	in := creation("w", "cron(0 9 ? * MON-FRI *)")
	in.GroupName, in.Description, in.ScheduleExpressionTimezone = aws.String("g"), aws.String("d"), aws.String("Asia/Tokyo")
	in.StartDate, in.EndDate, in.State = &start, &end, types.ScheduleStateDisabled
	in.ActionAfterCompletion, in.KmsKeyArn = types.ActionAfterCompletionDelete, aws.String("arn:k")
	in.FlexibleTimeWindow = &types.FlexibleTimeWindow{
		Mode: types.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: aws.Int32(5),
	}
	in.Target.RetryPolicy = &types.RetryPolicy{
		MaximumEventAgeInSeconds: aws.Int32(60), MaximumRetryAttempts: aws.Int32(0),
	}
	in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String("arn:dead")}
	made, err := client.CreateSchedule(t.Context(), in)
	if err != nil || *made.ScheduleArn != prefix+"g/w" {
		t.Fatalf("create a schedule: %+v, %v", made, err)
	}
	got, err := client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: in.Name, GroupName: in.GroupName})
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(*got.CreationDate); age < 0 || age > time.Hour || !got.CreationDate.Equal(*got.LastModificationDate) {
		t.Errorf("created at %v, modified at %v, want now", got.CreationDate, got.LastModificationDate)
	}
	type plain struct{ text string }
	want := plain{fmt.Sprint(*in.Name, *in.GroupName, *in.Description, *in.ScheduleExpression, *in.ScheduleExpressionTimezone,
		in.StartDate, in.EndDate, in.State, in.ActionAfterCompletion, *in.KmsKeyArn, in.FlexibleTimeWindow.Mode,
		*in.FlexibleTimeWindow.MaximumWindowInMinutes, *in.Target.Arn, *in.Target.RoleArn, *in.Target.Input,
		*in.Target.RetryPolicy.MaximumEventAgeInSeconds, *in.Target.RetryPolicy.MaximumRetryAttempts,
		*in.Target.DeadLetterConfig.Arn, *made.ScheduleArn)}
	have := plain{fmt.Sprint(*got.Name, *got.GroupName, *got.Description, *got.ScheduleExpression,
		*got.ScheduleExpressionTimezone, got.StartDate, got.EndDate, got.State, got.ActionAfterCompletion, *got.KmsKeyArn,
		got.FlexibleTimeWindow.Mode, *got.FlexibleTimeWindow.MaximumWindowInMinutes, *got.Target.Arn, *got.Target.RoleArn,
		*got.Target.Input, *got.Target.RetryPolicy.MaximumEventAgeInSeconds, *got.Target.RetryPolicy.MaximumRetryAttempts,
		*got.Target.DeadLetterConfig.Arn, *got.Arn)}
	if have != want {
		t.Errorf("the schedule is %s, want %s", have.text, want.text)
	}

	if _, err := client.CreateSchedule(t.Context(), creation("d", "rate(5 minutes)")); err != nil {
		t.Fatal(err)
	}
	least, err := client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: aws.String("d")})
	if err != nil || *least.GroupName != "default" || *least.ScheduleExpressionTimezone != "UTC" || *least.Arn != prefix+"default/d" ||
		least.State != types.ScheduleStateEnabled || least.ActionAfterCompletion != types.ActionAfterCompletionNone {
		t.Errorf("a schedule with defaults: %+v, %v", least, err)
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, func(_ *scheduler.Server, c *scheduler.Config) {
		c.CheckRole = func(r, group, target string) error {
			if r != role {
				return fmt.Errorf("role %s, group %s, queue %s", r, group, target)
			}
			return nil
		}
	})
	for name, test := range map[string]struct {
		change func(*api.CreateScheduleInput)
		want   string
	}{
		"expression":  {func(in *api.CreateScheduleInput) { in.ScheduleExpression = aws.String("daily") }, "Invalid Schedule Expression daily"},
		"time":        {func(in *api.CreateScheduleInput) { in.ScheduleExpression = aws.String("at(noon)") }, "Invalid Schedule Expression at(noon)"},
		"name":        {func(in *api.CreateScheduleInput) { in.Name = aws.String("a b") }, "Value 'a b' at 'name' failed"},
		"slash":       {func(in *api.CreateScheduleInput) { in.Name = aws.String("a/b") }, "Value 'a/b' at 'name' failed"},
		"long name":   {func(in *api.CreateScheduleInput) { in.Name = aws.String(strings.Repeat("n", 65)) }, "at 'name' failed"},
		"group":       {func(in *api.CreateScheduleInput) { in.GroupName = aws.String("ä") }, "Value 'ä' at 'groupName' failed"},
		"time zone":   {func(in *api.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Mars/Base") }, "Invalid ScheduleExpressionTimezone Mars/Base"},
		"own zone":    {func(in *api.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Local") }, "Invalid ScheduleExpressionTimezone Local"},
		"target":      {func(in *api.CreateScheduleInput) { in.Target.Arn = aws.String("arn:x") }, `The target "arn:x" is not a queue`},
		"role":        {func(in *api.CreateScheduleInput) { in.Target.RoleArn = aws.String("arn:r") }, "role arn:r, group arn:aws:scheduler:us-east-1:000000000000:schedule-group/default, queue " + queue},
		"no role":     {func(in *api.CreateScheduleInput) { in.Target.RoleArn = aws.String("") }, "Target.RoleArn is empty"},
		"no input":    {func(in *api.CreateScheduleInput) { in.Target.Input = nil }, "Target.Input is empty"},
		"large input": {func(in *api.CreateScheduleInput) { in.Target.Input = aws.String(strings.Repeat("x", 256<<10+1)) }, "Target.Input has 262145 bytes"},
		"state":       {func(in *api.CreateScheduleInput) { in.State = "PAUSED" }, `State is "PAUSED"`},
		"action":      {func(in *api.CreateScheduleInput) { in.ActionAfterCompletion = "KEEP" }, `ActionAfterCompletion is "KEEP"`},
		"mode":        {func(in *api.CreateScheduleInput) { in.FlexibleTimeWindow.Mode = "WIDE" }, `FlexibleTimeWindow.Mode is "WIDE"`},
		"window":      {func(in *api.CreateScheduleInput) { in.FlexibleTimeWindow.MaximumWindowInMinutes = aws.Int32(1) }, "must not be provided"},
		"no window":   {func(in *api.CreateScheduleInput) { in.FlexibleTimeWindow.Mode = "FLEXIBLE" }, "MaximumWindowInMinutes is 0"},
		"dates": {func(in *api.CreateScheduleInput) {
			in.StartDate, in.EndDate = aws.Time(time.Unix(2, 0)), aws.Time(time.Unix(1, 0))
		}, "EndDate you specify must come after"},
		"FIFO": {func(in *api.CreateScheduleInput) {
			in.Target.SqsParameters = &types.SqsParameters{MessageGroupId: aws.String("m")}
		}, `not supported locally: json: unknown field "SqsParameters"`},
		"body": {func(in *api.CreateScheduleInput) { in.Target.Input = aws.String(strings.Repeat("x", 1<<20)) }, "request body too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := creation("n", "rate(1 day)")
			test.change(in)
			_, err := client.CreateSchedule(t.Context(), in)
			fails(t, "create a schedule", err, "ValidationException", test.want)
			if _, ok := errors.AsType[*types.ValidationException](err); !ok {
				t.Errorf("the error is %T", err)
			}
			_, err = client.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
				Name: in.Name, GroupName: in.GroupName, ScheduleExpression: in.ScheduleExpression, State: in.State,
				ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, FlexibleTimeWindow: in.FlexibleTimeWindow,
				Target: in.Target, ActionAfterCompletion: in.ActionAfterCompletion, StartDate: in.StartDate, EndDate: in.EndDate,
			})
			fails(t, "update a schedule", err, "ValidationException", test.want)
		})
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	in := creation("n", "rate(1 day)")
	for _, test := range []struct {
		name, group string
		want        string
	}{
		{"n", "default", "Schedule n does not exist."}, {"n", "other", "Schedule group other does not exist."},
	} {
		name, group := &test.name, &test.group
		_, got := client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: name, GroupName: group})
		_, deleted := client.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: name, GroupName: group})
		_, updated := client.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
			Name: name, GroupName: group, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow,
			Target: in.Target,
		})
		for what, err := range map[string]error{"get": got, "delete": deleted, "update": updated} {
			fails(t, what, err, "ResourceNotFoundException", test.want)
			if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
				t.Errorf("the error is %T", err)
			}
		}
	}
	in.GroupName = aws.String("other")
	_, err := client.CreateSchedule(t.Context(), in)
	fails(t, "create", err, "ResourceNotFoundException", "Schedule group other does not exist.")
	_, err = client.ListSchedules(t.Context(), &api.ListSchedulesInput{GroupName: in.GroupName})
	fails(t, "list", err, "ResourceNotFoundException", "Schedule group other does not exist.")
	_, err = client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: aws.String("a b")})
	fails(t, "get", err, "ValidationException", "at 'name' failed")
}

// A name is used once in a group. A request that is repeated with its token succeeds.
func TestConflict(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	in := creation("n", "at(2100-01-01T00:00:00)")
	in.ClientToken = aws.String("token")
	for range 2 {
		if made, err := client.CreateSchedule(t.Context(), in); err != nil || *made.ScheduleArn != prefix+"default/n" {
			t.Fatalf("create a schedule: %+v, %v", made, err)
		}
	}
	changed := creation("n", "at(2100-01-01T00:00:01)")
	changed.ClientToken = in.ClientToken
	again := creation("n", "at(2100-01-01T00:00:00)")
	for what, in := range map[string]*api.CreateScheduleInput{"with another token": again, "changed": changed} {
		_, err := client.CreateSchedule(t.Context(), in)
		fails(t, what, err, "ConflictException", "Schedule n already exists.")
		if _, ok := errors.AsType[*types.ConflictException](err); !ok {
			t.Errorf("the error is %T", err)
		}
	}
	again.GroupName = aws.String("g")
	if _, err := client.CreateSchedule(t.Context(), again); err != nil {
		t.Errorf("the same name in another group: %v", err)
	}
	if _, err := client.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: in.Name}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateSchedule(t.Context(), changed); err != nil {
		t.Errorf("create a schedule that was deleted: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	for _, one := range []string{"h/a", "g/b2", "g/b1", "g/a", "default/b3", "g/c"} {
		group, name, _ := strings.Cut(one, "/")
		in := creation(name, "at(2100-01-01T00:00:00)")
		in.GroupName = &group
		if name == "c" {
			in.State = types.ScheduleStateDisabled
		}
		if _, err := client.CreateSchedule(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		in   api.ListSchedulesInput
		want string
	}{
		{api.ListSchedulesInput{}, "default/b3 g/a g/b1 g/b2 g/c h/a"},
		{api.ListSchedulesInput{MaxResults: aws.Int32(2)}, "default/b3 g/a | g/b1 g/b2 | g/c h/a"},
		{api.ListSchedulesInput{MaxResults: aws.Int32(4)}, "default/b3 g/a g/b1 g/b2 | g/c h/a"},
		{api.ListSchedulesInput{GroupName: aws.String("g"), NamePrefix: aws.String("b"), MaxResults: aws.Int32(1)}, "g/b1 | g/b2"},
		{api.ListSchedulesInput{NamePrefix: aws.String("b")}, "default/b3 g/b1 g/b2"},
		{api.ListSchedulesInput{State: types.ScheduleStateDisabled}, "g/c"},
		{api.ListSchedulesInput{NamePrefix: aws.String("z")}, ""},
	} {
		var pages []string
		for p := api.NewListSchedulesPaginator(client, &test.in); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range out.Schedules {
				if *s.Arn != prefix+*s.GroupName+"/"+*s.Name || *s.Target.Arn != queue || s.CreationDate == nil {
					t.Errorf("schedule in a list: %+v", s)
				}
				names = append(names, *s.GroupName+"/"+*s.Name)
			}
			pages = append(pages, strings.Join(names, " "))
		}
		if got := strings.Join(pages, " | "); got != test.want {
			t.Errorf("list with %+v: %s, want %s", test.in, got, test.want)
		}
	}
	for want, in := range map[string]*api.ListSchedulesInput{
		"MaxResults is 101":         {MaxResults: aws.Int32(101)},
		"MaxResults is 0":           {MaxResults: aws.Int32(0)},
		"Invalid NextToken":         {NextToken: aws.String("!")},
		"at 'groupName' failed":     {GroupName: aws.String("a b")},
		"at 'namePrefix' failed":    {NamePrefix: aws.String("a b")},
		`State is "PAUSED": use EN`: {State: "PAUSED"},
	} {
		_, err := client.ListSchedules(t.Context(), in)
		fails(t, "list", err, "ValidationException", want)
	}
}

// Each call asks whether its signer may do it, and what makes a schedule also asks for its role.
func TestAccess(t *testing.T) {
	t.Parallel()
	var deny, asked string
	client, _ := serve(t, func(s *scheduler.Server, _ *scheduler.Config) {
		s.MayDo = func(_ http.Header, action, resource string) error {
			asked += action + " " + resource + "; "
			if action == deny {
				return errors.New("not " + action)
			}
			return nil
		}
	})
	in := creation("n", "at(2100-01-01T00:00:00)")
	in.GroupName = aws.String("g")
	calls := []func() error{
		func() error { _, err := client.CreateSchedule(t.Context(), in); return err },
		func() error {
			_, err := client.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
				Name: in.Name, GroupName: in.GroupName, ScheduleExpression: in.ScheduleExpression,
				FlexibleTimeWindow: in.FlexibleTimeWindow, Target: in.Target,
			})
			return err
		},
		func() error {
			_, err := client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: in.Name, GroupName: in.GroupName})
			return err
		},
		func() error {
			_, err := client.ListSchedules(t.Context(), &api.ListSchedulesInput{GroupName: in.GroupName})
			return err
		},
		func() error {
			_, err := client.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: in.Name, GroupName: in.GroupName})
			return err
		},
	}
	for i, action := range []string{"Create", "Update", "Get", "List", "Delete"} {
		asked, deny = "", "scheduler:"+action+"Schedule"
		resource := prefix + "g/n; "
		if action == "List" {
			deny, resource = deny+"s", prefix+"*/*; "
		}
		fails(t, action, calls[i](), "AccessDeniedException", "not "+deny)
		want := deny + " " + resource
		if i < 2 {
			deny = "iam:PassRole"
			fails(t, action, calls[i](), "AccessDeniedException", "not iam:PassRole")
			want += want + "iam:PassRole " + role + "; "
		}
		if asked != want {
			t.Errorf("%s asked for %s, want %s", action, asked, want)
		}
		deny = ""
		if err := calls[i](); err != nil {
			t.Errorf("%s that is allowed: %v", action, err)
		}
	}
}

// A schedule of the past is sent at once, by the machine's own clock.
func TestRunsOverHTTP(t *testing.T) {
	t.Parallel()
	client, in := serve(t)
	if _, err := client.CreateSchedule(t.Context(), creation("n", "at(2001-01-01T00:00:00)")); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(time.Millisecond) {
		if got := in.take(); got != "" {
			if !strings.HasSuffix(got, " n") {
				t.Errorf("message: %s, want n", got)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no message")
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	_, err := client.CreateScheduleGroup(t.Context(), &api.CreateScheduleGroupInput{Name: aws.String("n")})
	fails(t, "create a group", err, "UnknownOperationException", "POST /schedule-groups/n is not supported locally: use Create")
	address := *client.Options().BaseEndpoint
	for _, body := range []string{"", "{", `[]`, `{"ScheduleExpression":1}`} {
		answer, err := http.Post(address+"/schedules/n", "application/json", strings.NewReader(body)) //nolint:noctx // short
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "not supported locally") {
			t.Errorf("body %q: status %d, %s, %v", body, answer.StatusCode, text, err)
		}
	}
}
