import { useDisableIntrospection } from '@graphql-yoga/plugin-disable-introspection';
import type { Plugin } from 'graphql-yoga';

/** Refuses documents that ask for the schema, and does not suggest names of it for a wrong name. */
export const useNoIntrospection = (): Plugin[] => [
  useDisableIntrospection(),
  {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules, options) =>
        validateFn(schema, document, rules, { ...options, hideSuggestions: true }),
      );
    },
  },
];
