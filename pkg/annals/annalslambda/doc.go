// Package annalslambda makes the Lambda functions of a service from its declaration. Start with [Command]: each main
// is one line:
//
//	func main() { annalslambda.Command(shop.New()) }
//
// [Command], [Query] and [Docs] answer API Gateway. [Projector] and [Reactor] receive the stream of the event table and
// a queue of jobs. [Rebuilder] runs the stages of rebuilds for Step Functions. [Socket] answers the WebSocket API. Each
// function links only what it needs.
//
// Package annalsaws lists the environment variables of the functions, among them the names of tables. Tests build the
// same functions with a [Deployment]. The query function, the projector and the reactor also do the tasks of operators'
// tools: see package annalsaws/ask.
package annalslambda
