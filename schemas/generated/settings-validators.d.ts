/**
 * Generated from the JSON Schemas and the CRDs in this folder by `npm run generate`. Do not edit.
 */
import type { ValidateFunction } from "ajv";

export declare const validateEnvironment: ValidateFunction;
