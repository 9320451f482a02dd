package scheduler_test

import (
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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
	s, err := scheduler.Open(t.Context(), filepath.Join(t.TempDir(), "s.jsonl"), c, nil, slog.New(slog.DiscardHandler))
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
	in.GroupName, in.Description = aws.String("g"), aws.String("d")
	in.ScheduleExpressionTimezone = aws.String("Asia/Tokyo")
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
	if age := time.Since(*got.CreationDate); age < 0 || age > time.Hour {
		t.Errorf("created at %v, want now", got.CreationDate)
	}
	want := &api.GetScheduleOutput{
		ActionAfterCompletion: in.ActionAfterCompletion, Arn: made.ScheduleArn, Description: in.Description, EndDate: &end,
		FlexibleTimeWindow: in.FlexibleTimeWindow, GroupName: in.GroupName, KmsKeyArn: in.KmsKeyArn, Name: in.Name,
		ScheduleExpression: in.ScheduleExpression, ScheduleExpressionTimezone: in.ScheduleExpressionTimezone,
		StartDate: &start, State: in.State, Target: in.Target,
		CreationDate: got.CreationDate, LastModificationDate: got.CreationDate, ResultMetadata: got.ResultMetadata,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(api.GetScheduleOutput{}, types.FlexibleTimeWindow{},
		types.Target{}, types.RetryPolicy{}, types.DeadLetterConfig{}, middleware.Metadata{})); diff != "" {
		t.Errorf("the schedule (-want +got):\n%s", diff)
	}

	if _, err := client.CreateSchedule(t.Context(), creation("d", "rate(5 minutes)")); err != nil {
		t.Fatal(err)
	}
	least, err := client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: aws.String("d")})
	if err != nil || *least.GroupName != "default" || *least.ScheduleExpressionTimezone != "UTC" ||
		*least.Arn != prefix+"default/d" || least.State != types.ScheduleStateEnabled || least.ActionAfterCompletion != types.ActionAfterCompletionNone {
		t.Errorf("a schedule with defaults: %+v, %v", least, err)
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
		{
			api.ListSchedulesInput{GroupName: aws.String("g"), NamePrefix: aws.String("b"), MaxResults: aws.Int32(1)},
			"g/b1 | g/b2",
		},
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
