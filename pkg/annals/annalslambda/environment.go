package annalslambda

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/annals-es/annals/internal/objects"
	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/personal"
)

// A part adds something from the environment to a deployment. A function that does not name a part does not link it.
type part = func(Deployment) (Deployment, error)

func fromEnvironment(
	configuration func() (aws.Config, error), s *annals.Service, log *slog.Logger,
	wanted func(*annals.Service) []annalsaws.Table, parts ...part,
) (Deployment, error) {
	if err := s.Check(); err != nil {
		return Deployment{}, err
	}
	stores, err := storesBeside()
	if err != nil {
		return Deployment{}, err
	}
	s = s.On(stores...)
	names, err := TableNamesFrom(os.Getenv, wanted(s)...)
	if err != nil {
		return Deployment{}, err
	}
	d := Deployment{
		Service: s, Tables: names, Log: log, Secrets: os.Getenv, Settings: os.Getenv,
		CursorKey: os.Getenv(annalsaws.CursorKeyEnv), EventSource: os.Getenv(annalsaws.EventSourceEnv),
	}
	cfg, err := configuration()
	if err != nil {
		return d, err
	}
	function := os.Getenv("AWS_LAMBDA_FUNCTION_NAME")
	d.Meter = telemetry.New(os.Stdout, os.Getenv(annalsaws.MetricsNamespaceEnv), function)
	d.Tracing, err = tracing.New(os.Getenv, function)
	if err != nil {
		return d, err
	}
	d.Tracing.Calls(&cfg)
	cfg.APIOptions = append(cfg.APIOptions, CountThrottles(d.Meter))
	if d, err = d.withForgetWait(); err != nil {
		return d, err
	}
	d.AWS, d.DynamoDB = cfg, NewClient(cfg)
	if d, err = d.withStores(); err != nil {
		return d, err
	}
	for _, with := range parts {
		if d, err = with(d); err != nil {
			return d, err
		}
	}
	return d, nil
}

func (d Deployment) withCatchUps() (Deployment, error) {
	d.CatchUps = JobQueue(d.AWS, os.Getenv(annalsaws.CatchUpQueueEnv))
	return d, nil
}

func (d Deployment) withReactionJobs() (Deployment, error) {
	d.ReactionJobs = JobQueue(d.AWS, os.Getenv(annalsaws.ReactionQueueEnv))
	return d, nil
}

func (d Deployment) withFailures() (Deployment, error) {
	objects := objects.New(d.AWS, os.Getenv)
	d.GivenUp = objects.Get
	d.ProjectorFailures = objects.Bucket(os.Getenv(annalsaws.ProjectorFailuresEnv))
	d.ReactorFailures = objects.Bucket(os.Getenv(annalsaws.ReactorFailuresEnv))
	return d, nil
}

func (d Deployment) withRebuilds() (Deployment, error) {
	d.Rebuilds = RebuildMachine(d.AWS, os.Getenv(annalsaws.RebuildMachineEnv))
	return d, nil
}

// withForgetWait sets how long keys of personal data stay in memory: less than the time after which nothing may use a
// key that was deleted, so that there is time for what follows a read.
func (d Deployment) withForgetWait() (Deployment, error) {
	wait, err := wholeUnits(annalsaws.ForgetWaitEnv, time.Second)
	if err != nil {
		return d, err
	}
	d.ForgetWait, d.Keys.CacheFor = wait, min(wait*5/6, personal.MaxCacheFor)
	d.Recoverable, err = wholeUnits(annalsaws.RecoveryDaysEnv, 24*time.Hour)
	return d, err
}

// wholeUnits reads a duration from an environment variable that has a number of units, 0 if it is not set.
func wholeUnits(env string, unit time.Duration) (time.Duration, error) {
	text := os.Getenv(env)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is %q: it must be a number from 1", env, text)
	}
	return time.Duration(n) * unit, nil
}

func (d Deployment) withForgetting() (Deployment, error) {
	d.Forget = ForgetMachine(d.AWS, os.Getenv(annalsaws.ForgetMachineEnv))
	return d, nil
}

// withNotifier makes the projector notify WebSocket clients, if the environment names a WebSocket API.
func (d Deployment) withNotifier() (Deployment, error) {
	if os.Getenv(annalsaws.ConnectionsURLEnv) == "" {
		return d, nil
	}
	poster, err := push.NewPoster(d.AWS, os.Getenv)
	if err != nil {
		return d, err
	}
	d.Notifier = push.NewNotifier(d.connections(), poster, d.Log)
	return d, nil
}

// Connecting makes the client of a bus of integration events. Pass [eventbus.Connect]. Only a main that passes it links
// the client of EventBridge.
//
// [eventbus.Connect]: https://pkg.go.dev/github.com/annals-es/annals/pkg/annals/publish/eventbus#Connect
type Connecting func(cfg aws.Config, arn string) publish.Bus

// Connect returns the deployment with the bus whose ARN is in [annalsaws.EventBusEnv]. If that variable is empty or
// connect is nil, it returns the deployment as it is.
func (d Deployment) Connect(connect Connecting) Deployment {
	if arn := os.Getenv(annalsaws.EventBusEnv); arn != "" && connect != nil {
		cfg := d.AWS.Copy()
		cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], InTime)
		d.Bus = connect(cfg, arn)
	}
	return d
}
