// A program that uses the types that openapi-typescript generates from the document. It is compiled, and never run.
import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:3000" });
const amount: Schemas["Money"] = { amount: "5.00", currency: "USD" };

export async function deposit(id: string): Promise<Schemas["Amount"] | undefined> {
  const sent = await client.POST("/accounts/{id}/deposits", {
    params: { path: { id }, header: { "Idempotency-Key": "k-1", "Occurred-At": "2026-01-31T12:00:00Z" } },
    body: { amount },
  });
  if (sent.error !== undefined) {
    throw new Error("type" in sent.error ? sent.error.type : sent.error.message);
  }
  const token = sent.response.headers.get("Consistency-Token") ?? undefined;
  const found = await client.GET("/accounts/{id}", {
    params: { path: { id }, header: { "Consistency-Token": token, Prefer: "wait=5" } },
  });
  // 202 has a problem document for a body: not yet projected.
  return found.data !== undefined && "balance" in found.data ? found.data.balance : undefined;
}

export async function order(customerId: string): Promise<string> {
  const item: Schemas["Item"] = { productId: "tea", quantity: 2 };
  const created = await client.POST("/orders", { body: { customerId, items: [item] } });
  if (created.data === undefined) {
    throw new Error("no order");
  }
  return created.data.state.status;
}

// Wrong code must not compile.
// @ts-expect-error a quantity is a number
export const wrongQuantity: Schemas["Item"] = { productId: "tea", quantity: "2" };
// @ts-expect-error a currency is missing
export const wrongMoney: Schemas["Money"] = { amount: "5.00" };
// @ts-expect-error there is no such path
export const wrongPath = (): unknown => client.GET("/invoices");
