// Package annalslambda makes the Lambda functions of a service from its declaration. Each main is one line:
//
//	func main() { annalslambda.Command(shop.New()) }
//
// [Command], [Query] and [Docs] answer API Gateway, [Projector] and [Reactor] take the stream of the event table and a
// queue of jobs, [Rebuilder] takes the stages of rebuilds from Step Functions, and [Socket] answers the WebSocket API.
// Each function links only what it needs.
//
// What the functions find in their environment is in package annalsaws: the names of tables and its Variables. The
// tools of operators, and tests, build the same on a [Deployment]: start with [FromEnvironment].
package annalslambda
