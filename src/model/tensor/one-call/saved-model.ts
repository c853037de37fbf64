/**
 * A graph as TensorFlow's C library loads it: the message `SavedModel` (tensorflow/core/protobuf/saved_model.proto). It has a dozen fields;
 * the library that reads all of them would be loaded by every process that computes.
 */

import type { Attribute } from "../native-call.js";

/** An op of the graph. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** Names of nodes, `name:1` for a second output. */
  readonly inputs: readonly string[];
  readonly attributes: readonly Attribute[];
}

/** What attributes' types are numbered by. */
export interface AttributeTypes {
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

/** The tag under which the graph is stored. */
export const TAG = "serve";

const text = new TextEncoder();

/** The bytes of `saved_model.pb`. @throws RangeError for an attribute of another type than a whole number, a flag or a type. */
export function savedModel(nodes: readonly GraphNode[], types: AttributeTypes): Uint8Array {
  const graph = joined(nodes.map((node) => bytes(1, nodeMessage(node, types))));
  const meta = joined([bytes(1, bytes(4, text.encode(TAG))), bytes(2, graph)]);
  return joined([whole(1, 1), bytes(2, meta)]);
}

function nodeMessage({ name, op, inputs, attributes }: GraphNode, types: AttributeTypes): Uint8Array {
  return joined([
    bytes(1, text.encode(name)),
    bytes(2, text.encode(op)),
    ...inputs.map((input) => bytes(3, text.encode(input))),
    ...attributes.map((each) =>
      bytes(5, joined([bytes(1, text.encode(each.name)), bytes(2, attributeValue(each, types))])),
    ),
  ]);
}

function attributeValue({ name, type, value }: Attribute, types: AttributeTypes): Uint8Array {
  if (type === types.TF_ATTR_INT) return whole(3, value as number);
  if (type === types.TF_ATTR_BOOL) return whole(5, value === true ? 1 : 0);
  if (type === types.TF_ATTR_TYPE) return whole(6, value as number);
  throw new RangeError(`An attribute ${name} of type ${type} cannot be written`);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return joined([varint((field << 3) | 2), varint(content.length), content]);
}

function whole(field: number, value: number): Uint8Array {
  return joined([varint(field << 3), varint(value)]);
}

function varint(value: number): Uint8Array {
  const own: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) own.push((left % 128) | 128);
  return Uint8Array.from([...own, left]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
