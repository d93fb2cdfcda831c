import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Protocol buffers: whole numbers and what has a length are all that a small ONNX model needs. Numbers of fields and
// types are those of onnx.proto.
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const int = (field: number, value: number) => Buffer.from([...varint(field << 3), ...varint(value)]);
const bytes = (field: number, ...parts: (Buffer | string)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(body.length)]), body]);
};
const FLOAT = 1,
  INT64 = 7;
const tensorValue = (field: number, name: string, type: number, dims: string[]) =>
  bytes(
    field,
    bytes(1, name),
    bytes(
      2,
      bytes(
        1,
        int(1, type),
        bytes(2, ...dims.map((dim) => bytes(1, /^\d+$/.test(dim) ? int(1, Number(dim)) : bytes(2, dim)))),
      ),
    ),
  );

/** A BERT in outline, for the package @huggingface/transformers: its only layer looks each word up in a table. */
export function writeTinyModel(folder: string, words: string[], dimension: number) {
  const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...words];
  const table = new Float32Array(vocab.length * dimension);
  vocab.forEach((_, row) => {
    table[row * dimension + (row % dimension)] = row < 4 ? 0.01 : 1;
  });
  const graph = bytes(
    7,
    bytes(1, bytes(1, 'table'), bytes(1, 'input_ids'), bytes(2, 'last_hidden_state'), bytes(4, 'Gather')),
    bytes(2, 'tiny'),
    bytes(
      5,
      int(1, vocab.length),
      int(1, dimension),
      int(2, FLOAT),
      bytes(8, 'table'),
      bytes(9, Buffer.from(table.buffer)),
    ),
    ...['input_ids', 'attention_mask', 'token_type_ids'].map((name) =>
      tensorValue(11, name, INT64, ['batch', 'length']),
    ),
    tensorValue(12, 'last_hidden_state', FLOAT, ['batch', 'length', String(dimension)]),
  );
  const model = Buffer.concat([int(1, 8), graph, bytes(8, int(2, 13))]);
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  writeFileSync(join(folder, 'onnx/model.onnx'), model);
  const json = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  json('config.json', {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: dimension,
    vocab_size: vocab.length,
    num_attention_heads: 1,
    num_hidden_layers: 1,
  });
  json('tokenizer_config.json', {
    tokenizer_class: 'BertTokenizer',
    model_max_length: 128,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
  });
  json('tokenizer.json', {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocab.slice(0, 4).map((content, id) => ({
      id,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab.map((word, id) => [word, id])),
    },
  });
}
