package annalsaws

import (
	"strings"

	"github.com/annals-es/annals/pkg/annals"
)

// MetadataKey is the key of the [Description] of a service in its template's Metadata.
const MetadataKey = "Annals"

// SourcesFile is the file in a synthesized folder that lists, as a JSON array, the paths of the files and folders that
// the app's assets were made of. Relative paths begin at the root of the module.
const SourcesFile = "annals-sources.json"

// Format is the version of the [Description]'s form. It is raised if a tool for an older version would misread the
// form. Members may be added without raising it.
const Format = 1

// Description describes a service on AWS for tools. It is stored as JSON in the Metadata of the service's template,
// where its resources are logical ids. See docs/description.md.
type Description struct {
	Format    int                `json:"format"`
	Service   annals.Description `json:"service"`
	Resources Resources          `json:"resources"`
}

// Resources are the names of a service's resources on AWS: logical ids of its template in a [Description], physical ids
// in [Located]. A resource that a service does not have is missing.
type Resources struct {
	// Tables are the tables, by their names inside the service: "events", "orders".
	Tables map[string]string `json:"tables"`
	// Functions are the Lambda functions.
	Functions map[Function]string `json:"functions"`
	// Queues are the SQS queues of functions' jobs. DeadLetters are their dead-letter queues. The physical id of a queue
	// is its URL.
	Queues      map[Function]string `json:"queues"`
	DeadLetters map[Function]string `json:"deadLetters"`
	// Failures are the S3 buckets of the records and batches that a function could not process.
	Failures map[Function]string `json:"failures"`
	// RebuildMachine is the state machine that rebuilds read models. Its physical id is its ARN.
	RebuildMachine string `json:"rebuildMachine,omitempty"`
	// ForgetMachine is the state machine that forgets people. Its physical id is its ARN. Only services with personal data
	// have one.
	ForgetMachine string `json:"forgetMachine,omitempty"`
	// API is the HTTP API, SocketAPI the WebSocket API. The physical id of an API is its id, not its address.
	API       string `json:"api,omitempty"`
	SocketAPI string `json:"socketApi,omitempty"`
}

// Located is a description of a service whose resources are physical ids: all that a tool needs to know. `annals
// describe` prints it, `--file` accepts it, and the local runner serves it.
type Located struct {
	// Place says in words where the service is: "stack Shop in eu-central-1", "http://127.0.0.1:3000".
	Place string `json:"place"`
	// Environment has the environment variables that AWS clients need to reach the service: AWS_REGION and, if the service
	// is not on AWS, endpoints and credentials. They replace the tool's own.
	Environment map[string]string `json:"environment,omitempty"`
	Description
}

// Resolved returns the description with the physical id of each logical id. If physical returns "", the resource does
// not exist and is left out.
func (d Description) Resolved(physical func(logicalID string) string) Description {
	in := d.Resources
	d.Resources = Resources{
		Tables: resolved(in.Tables, physical), Functions: resolved(in.Functions, physical),
		Queues: resolved(in.Queues, physical), DeadLetters: resolved(in.DeadLetters, physical),
		Failures: resolved(in.Failures, physical),
	}
	for from, to := range map[*string]*string{
		&in.RebuildMachine: &d.Resources.RebuildMachine, &in.ForgetMachine: &d.Resources.ForgetMachine,
		&in.API: &d.Resources.API, &in.SocketAPI: &d.Resources.SocketAPI,
	} {
		if *from != "" {
			*to = physical(*from)
		}
	}
	return d
}

func resolved[K comparable](logical map[K]string, physical func(string) string) map[K]string {
	out := map[K]string{}
	for key, id := range logical {
		if name := physical(id); name != "" {
			out[key] = name
		}
	}
	return out
}

// Describe returns the description of a service, with the logical ids of its resources in its stack.
func Describe(s *annals.Service) Description {
	d := Description{Format: Format, Service: s.Describe(), Resources: Resources{
		Tables: map[string]string{}, Functions: map[Function]string{},
		Queues:      map[Function]string{Projector: "CatchUpQueue", Reactor: "ReactionQueue"},
		DeadLetters: map[Function]string{Projector: "CatchUpDeadLetters", Reactor: "ReactionDeadLetters"},
		Failures:    map[Function]string{}, RebuildMachine: "RebuildMachine", API: "Api", SocketAPI: "SocketApi",
	}}
	if s.HasPersonal() {
		d.Resources.ForgetMachine = "ForgetMachine"
	}
	for _, t := range Tables(s) {
		d.Resources.Tables[t.Name] = Pascal(t.Name) + "Table"
	}
	for _, f := range Functions {
		d.Resources.Functions[f] = Pascal(string(f)) + "Function"
	}
	for _, f := range []Function{Projector, Reactor} {
		d.Resources.Failures[f] = Pascal(string(f)) + "Failures"
	}
	return d
}

// Pascal converts a name in kebab case to the spelling of logical ids: product-counts to ProductCounts.
func Pascal(kebab string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(kebab, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}
