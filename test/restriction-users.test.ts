import { cases, testRestricted } from './support/restricted.ts';

testRestricted(cases.users);
