package annalscdk

import (
	"maps"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Function is a Lambda function of the stack, with its role and its log group.
type Function struct {
	// Lambda is the function (CommandFunction): pass it to CDK's constructs and to their Grant methods.
	Lambda awslambda.Function
	// Role is the function's role (CommandRole), Logs is its log group (CommandLogs).
	Role awsiam.Role
	Logs awslogs.LogGroup
}

// SetEnv sets an environment variable of the function.
func (f *Function) SetEnv(name string, value *string) {
	f.Lambda.AddEnvironment(jsii.String(name), value, nil)
}

// Allow lets the function do the actions on the resources, which are ARNs. Use it if CDK has no Grant method for them.
func (f *Function) Allow(actions []string, resources ...*string) {
	f.Role.AddToPolicy(allow(actions, resources...))
}

// addFunctions declares every function with its role and its log group.
func (s *Service) addFunctions() {
	s.Functions = map[annalsaws.Function]*Function{}
	for _, f := range s.plan.functions {
		logs := s.newLogGroup(f)
		role := s.newRole(f, logs)
		made := named(awslambda.NewFunction(s.Stack, jsii.String(pascal(f.name)+"Function"), &awslambda.FunctionProps{
			Description:  jsii.String(f.description),
			Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
			Architecture: architecture(s.Settings.Arch),
			Handler:      jsii.String("bootstrap"),
			Code:         awslambda.Code_FromAsset(jsii.String(s.Settings.codeDir(f.name)), nil),
			MemorySize:   jsii.Number(f.memory),
			Timeout:      awscdk.Duration_Seconds(jsii.Number(f.timeout)),
			LogGroup:     logs,
			// Each line is a JSON object: the function's logs through lambdacontext.NewLogger, and Lambda's reports.
			LoggingFormat:         awslambda.LoggingFormat_JSON,
			ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
			Environment:           s.environment(f),
			Role:                  role,

			ReservedConcurrentExecutions: s.Settings.reserved(f.name),
		}))
		tag(made, string(f.name))
		s.Functions[f.name] = &Function{Lambda: made, Role: role, Logs: logs}
		s.connect(f)
	}
	s.readersFirst()
}

// readersFirst makes CloudFormation update the functions that write events after those that only read them, so that
// readers know a new event before it is written.
func (s *Service) readersFirst() {
	for _, writer := range []annalsaws.Function{annalsaws.Command, annalsaws.Reactor} {
		for _, reader := range []annalsaws.Function{annalsaws.Query, annalsaws.Projector} {
			s.Functions[writer].Resource().AddResourceDependency(s.Functions[reader].Resource(), nil)
		}
	}
}

// Resource is the function's CloudFormation resource. It has setters that CDK's function lacks, such as SetMemorySize.
func (f *Function) Resource() awslambda.CfnFunction {
	return f.Lambda.Node().DefaultChild().(awslambda.CfnFunction)
}

func (s *Service) newLogGroup(f function) awslogs.LogGroup {
	return named(awslogs.NewLogGroup(s.Stack, jsii.String(pascal(f.name)+"Logs"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	}))
}

// environment returns a function's variables: the names of its tables, and the addresses that it sends jobs, events and
// messages to.
func (s *Service) environment(f function) *map[string]*string {
	env := map[string]*string{}
	for _, g := range f.grants {
		for _, table := range g.on {
			env[table.Env()] = s.Tables[table.Name].TableName()
		}
	}
	if f.leavesTo != "" {
		env[jobQueues[f.leavesTo].env] = s.Queues[f.leavesTo].QueueUrl()
	}
	if f.subscribed {
		env[failuresEnv[f.name]] = awscdk.Fn_Join(jsii.String(""),
			jsii.PtrSlice("https://", *s.Failures[f.name].BucketRegionalDomainName()))
	}
	if f.publishes {
		maps.Copy(env, s.publisherEnvironment())
	}
	if f.rebuilds {
		env[annalsaws.RebuildMachineEnv] = s.rebuildMachineARN()
	}
	maps.Copy(env, s.personalEnvironment(f))
	maps.Copy(env, s.deadlineEnvironment(f))
	maps.Copy(env, s.settingsEnvironment(f))
	maps.Copy(env, s.storesEnvironment(f))
	if f.verifies {
		env[annalsaws.TokenIssuerEnv] = s.Issuer
		env[annalsaws.TokenAudienceEnv] = awscdk.Fn_Join(jsii.String(","), &s.Audience)
	}
	if f.pages {
		env[annalsaws.CursorKeyEnv] = s.CursorKey.SecretValue().UnsafeUnwrap()
	}
	if f.posts {
		env[annalsaws.ConnectionsURLEnv] = s.SocketStage.CallbackUrl()
	}
	if f.measures() {
		maps.Copy(env, s.telemetryEnvironment())
	}
	if f.reacts {
		for _, client := range s.Declaration.Clients {
			maps.Copy(env, s.secretsEnvironment(client.Secrets))
		}
	}
	if f.decides {
		maps.Copy(env, s.secretsEnvironment(s.Declaration.Secrets))
	}
	return &env
}

// personalEnvironment returns a function's variables for personal data. It has none if events have no such data.
func (s *Service) personalEnvironment(f function) map[string]*string {
	env := map[string]*string{}
	if f.startsForgetting {
		env[annalsaws.ForgetMachineEnv] = s.forgetMachineARN()
	}
	if f.usesKeys() {
		env[annalsaws.ForgetWaitEnv] = jsii.String(seconds(s.Settings.ForgetWait))
	}
	if f.forgets {
		env[annalsaws.RecoveryDaysEnv] = jsii.String(strconv.Itoa(s.Settings.PersonalRecoveryDays))
	}
	return env
}

// reserved is a function's reserved concurrency. If nil, it shares the account's.
func (s *Settings) reserved(f annalsaws.Function) *float64 {
	n, chosen := s.Concurrency[f]
	if !chosen {
		return nil
	}
	return jsii.Number(n)
}

func architecture(arch string) awslambda.Architecture {
	if arch == "amd64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}
